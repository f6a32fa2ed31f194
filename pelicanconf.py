"""Settings of the site. What an edition says of itself stands in its edition.toml, not here."""

import os
from pathlib import Path

import theme.fixed
import theme.pages
import theme.reader
from theme.filters import FILTERS

# Printed on every page. Numbers that the operator has not been given yet stay empty and are left out.
SITE = {
    "name": "评选展厅",
    "name_en": "Exhibition hall",
    "host": "",
    "organiser": "",
    "contact": "",
    "icp": "",
    "police": "",
    "url": os.environ.get("PINGXUAN_URL", ""),
    "language": "zh-CN",
}

SITENAME = SITE["name"]
SITEURL = SITE["url"]
AUTHOR = SITENAME
TIMEZONE = "Asia/Shanghai"
DEFAULT_LANG = SITE["language"]

PATH = "content"
OUTPUT_PATH = "var/site"
THEME = "theme"
PLUGINS = [theme.pages, theme.reader, theme.fixed]
JINJA_FILTERS = FILTERS
JINJA_ENVIRONMENT = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True, "auto_reload": False}

# Sample cases are shown by build and serve, and left out by publish.
SAMPLES = True
# Where the last build left what the next one need not do again; a folder of its own, never in git.
KEPT = str(Path(os.environ.get("PINGXUAN_VAR", "var")) / "cache" / "pages.sqlite")
CASES_PER_PAGE = 24

# Pelican reads notices and pages and writes the feed; theme.pages writes the pages, and skips unchanged ones.
ARTICLE_PATHS = ["notices"]
ARTICLE_URL = "{edition}/notices/{slug}/"
ARTICLE_SAVE_AS = ""
PAGE_PATHS = ["pages"]
PAGE_URL = "{slug}/"
PAGE_SAVE_AS = ""
STATIC_PATHS: list[str] = []
DIRECT_TEMPLATES: list[str] = []
AUTHOR_SAVE_AS = CATEGORY_SAVE_AS = TAG_SAVE_AS = ""
USE_FOLDER_AS_CATEGORY = False
DEFAULT_CATEGORY = "notices"
DEFAULT_PAGINATION = False
SUMMARY_MAX_LENGTH = None
FEED_DOMAIN = SITEURL
FEED_ALL_ATOM = "feeds/notices.xml"
CATEGORY_FEED_ATOM = TRANSLATION_FEED_ATOM = AUTHOR_FEED_ATOM = AUTHOR_FEED_RSS = None
DELETE_OUTPUT_DIRECTORY = False
THEME_STATIC_DIR = "static"
LOAD_CONTENT_CACHE = False
