import pytest
from chalicelib.origin import Page, own_origins, page_of

OURS = own_origins("hall.example") | {"https://partner.example"}


@pytest.mark.parametrize(
    ("origins", "referers", "page"),
    [
        (["https://hall.example"], [], Page.OURS),
        (["https://HALL.example"], [], Page.OURS),
        (["https://partner.example"], [], Page.OURS),
        (["https://news.example"], [], Page.FOREIGN),
        (["https://news.example"], ["https://hall.example/"], Page.FOREIGN),
        (["null"], ["https://hall.example/"], Page.FOREIGN),
        (["https://hall.example", "https://news.example"], [], Page.FOREIGN),
        (["https://hall.example.news.example"], [], Page.FOREIGN),
        (["https://hall.example:8443"], [], Page.FOREIGN),
        ([], ["https://hall.example/qd/cases/c1/"], Page.OURS),
        ([], ["https://news.example/hall.example/"], Page.FOREIGN),
        ([], ["https://hall.example@news.example/"], Page.FOREIGN),
        ([], ["https://[broken/"], Page.FOREIGN),
        ([], [], Page.UNTOLD),
    ],
)
def test_origin_decides_then_the_referer_then_nobody(origins, referers, page):
    assert page_of(origins, referers, OURS) is page


def test_without_a_host_no_page_is_ours():
    assert page_of(["http://"], [], own_origins("")) is Page.FOREIGN
