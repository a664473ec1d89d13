-- Stands in for the migration of this number until that is merged.
SELECT 1;
