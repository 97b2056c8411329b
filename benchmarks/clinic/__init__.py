"""How fast the clinic answers: 12 live chairs, 200 patients, 20 people at once."""
