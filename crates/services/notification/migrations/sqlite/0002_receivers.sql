-- The receiver that routing chose at acceptance, as JSON; null where the request
-- names its channels itself.
ALTER TABLE notifications ADD COLUMN receiver TEXT;
