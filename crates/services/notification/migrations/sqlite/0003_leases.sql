-- Who makes the attempt that is under way: the id of the claim; null otherwise.
-- From now on `due_at` of a claimed delivery is when the claim ends, unless it is
-- renewed. Whoever died holds it no longer, and any process makes the next one.
ALTER TABLE deliveries ADD COLUMN owner TEXT;

-- Claims of an earlier version, which ended with its process.
UPDATE deliveries SET due_at = 0 WHERE due_at IS NULL AND state NOT IN ('Sent', 'Failed');
