-- The outbox of all services takes over.
INSERT INTO audit_outbox (event_id, event, size)
SELECT event_id, event, length(CAST(event AS BLOB)) FROM outbox ORDER BY created_at, event_id;

DROP TABLE outbox;
