"""How good selections are: policies beside baselines, and tournaments beside plain scores."""
