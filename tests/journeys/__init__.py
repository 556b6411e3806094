"""Each promise of the product, kept over public HTTP with a real billing site's twin."""
