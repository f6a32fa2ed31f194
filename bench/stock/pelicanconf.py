"""Stock Pelican: its own theme and defaults, pages of 24, one Atom feed and the sitemap plugin."""

SITENAME = "Stock Pelican"
SITEURL = "https://example.org"
TIMEZONE = "Asia/Shanghai"
DEFAULT_LANG = "zh"
THEME = "simple"
DEFAULT_PAGINATION = 24
PLUGINS = ["pelican.plugins.sitemap"]
SITEMAP = {"format": "xml"}
FEED_ALL_ATOM = "feeds/all.atom.xml"
CATEGORY_FEED_ATOM = None
AUTHOR_FEED_ATOM = None
AUTHOR_FEED_RSS = None
TRANSLATION_FEED_ATOM = None
# The lists that our halls have: by category and by tag. One page an author would be work that ours does not do.
AUTHOR_SAVE_AS = ""
AUTHORS_SAVE_AS = ""
