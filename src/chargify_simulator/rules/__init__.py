"""What the vendor decides by: dates, money, cards, coupons, the passing of time."""
