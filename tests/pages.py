"""Pages of the site's form with words of our own, for tests that need one with given figures."""

FIGURES = {
    "Dapps": "16.23K",
    "Blockchains": "78",
    "Active users": "66.47M",
    "30d volume": "$303.26B",
    "30d transactions": "$879.24M",
}


def page(title: str = "A lending market opens its test network", **changes: str) -> bytes:
    """An article page; ``changes`` by label with underscores (``Active_users="1K"``)."""
    shown = FIGURES | {label.replace("_", " "): text for label, text in changes.items()}
    items = "".join(
        f'<li><span>{label}: </span><div style="display:none;"></div>'
        f'<span class="tw-text-accent-500">{text}</span></li>'
        for label, text in shown.items()
    )
    return f"""<!doctype html><html lang="en"><head><title>Synthetic test page</title></head><body>
<header><div class="tw-hidden"><ul><!--[-->{items}<!--]--></ul></div></header>
<main><article><h1>{title}</h1><img alt="user avatar"><p>by <span>Test Writer</span></p>
<p>3 days ago</p><div><p>Some words of the story.</p></div></article>
<section><h2>Other news</h2>
<div class="card"><a href="/news/second-story" aria-label="Read more About A second story"></a>
<div><h3>A second story</h3><p>What the second story says.</p>
<div><img alt="user avatar"><span>Other Writer</span></div></div></div>
</section></main><footer>© 2020-2026. All rights reserved.</footer></body></html>""".encode()
