"""What is computed of every customer at once 客户分层: RFM, lifecycle, behaviour tags."""
