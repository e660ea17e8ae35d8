"""From an agency's file to standard rows. Identifiable data may pass through this room."""
