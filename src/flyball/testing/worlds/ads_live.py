"""Will this ad be clicked? The system file for the simulated ad exchange, live and in fast motion.

One hour of this world takes 20 seconds. What the inputs tell (hours, weekdays, ages) is on the world's clock; the
window of the outcome is on yours, as all times that flyball measures: 30 minutes of the world are 10 seconds.
"""

from __future__ import annotations

import flyball as fb

ad = fb.Entity("ad_id", str, description="the ad")
user = fb.Entity("user_id", str, description="who would see it")

country = fb.Input("country", str, owner="team:ads", description="ISO 3166 code of the request")
hour = fb.Input("hour", int, description="hour of the day where the user is")
weekday = fb.Input("weekday", int, description="0 is Monday, where the user is")
device = fb.Input("device", str, description="what the page is seen on, as reported")
placement = fb.Input("placement", str, description="where on the page")
advertiser = fb.Input("advertiser", str, description="who pays")
ad_type = fb.Input("ad_type", str, description="flash, shop, app or brand")
topic = fb.Input("topic", str, description="what the ad is about")
title = fb.Input("title", str, description="the ad's four words")
ad_age = fb.Input("ad_age_us", int, description="how long the ad has been live, microseconds of the world")
bid_price = fb.Input("bid_price", float, description="dollars a thousand impressions")

# Below an hour, a day, three days, a week; older.
age = fb.bucket(ad_age, edges=[3_600_000_000, 86_400_000_000, 259_200_000_000, 604_800_000_000], name="age")
weekend = fb.bucket(weekday, edges=[5], name="weekend")

click = fb.Outcome("click", window="10s", if_silent=0, description="the ad was clicked")

ctr = fb.Model(
    "ctr",
    signals=[
        ad,
        user,
        country,
        hour,
        weekend,
        device,
        placement,
        advertiser,
        ad_type,
        topic,
        age,
        bid_price,
        fb.words(title, name="title_words"),
        fb.cross(country, topic),
        fb.cross(device, placement),
        fb.cross(user, topic),
    ],
    outcome=click,
    slice_by=[country, hour, age, ad_type, (country, hour)],
    fallback=0.05,
    deadline="20ms",
)

ads = fb.System("ads", owner="team:ads", models=[ctr])
