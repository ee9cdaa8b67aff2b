"""Boards of reports 报表看板: ``view`` shows one inside the reader's scope, ``edit`` makes and changes one's own."""
