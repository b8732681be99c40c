"""Programs that know nothing of pneu, and what runs them for the tests."""
