"""Pages of courses, the calendar, chairs and shifts."""
