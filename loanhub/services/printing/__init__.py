"""Documents by the many 批量出具与打印: ``batches`` begins and shows, ``work`` makes and merges, ``kinds`` are what can be made."""
