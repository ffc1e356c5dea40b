"""Plans: made against live state, decided on by a second person, carried out as jobs, undone on request."""
