"""Reports on their way out of the page: as PDF and spreadsheet (``take``), and by a timetable (``subscriptions``, ``work``)."""
