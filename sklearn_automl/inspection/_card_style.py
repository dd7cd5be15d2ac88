"""The style sheet of a card.

The class stands twice in each selector, so that the rules of notebooks for tables, such
as ``.jp-RenderedHTMLCommon td``, have less weight. The colours of text are those of
the page. Those of marks have a contrast of 3 or more on white and on black, and
colour-blind readers can tell them apart.

The curve is hidden until this sheet shows it. Some pages hide with "!important", so the
sheet has it too.
"""

__all__ = ["STYLE"]

_RULES = """
& {box-sizing: border-box; max-width: 780px; margin: 0 0 8px; padding: 12px 14px;
 border: 1px solid rgba(128,128,128,.5); border-radius: 6px; text-align: left;
 font: 13px/1.45 system-ui, sans-serif; color: inherit; background: none}
& .automl-name {margin-bottom: 8px}
& .automl-body {display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: flex-start}
& .automl-best {flex: 1 1 250px; min-width: 0}
& .automl-score {font-size: 26px; font-weight: 600; line-height: 1.2}
& table {border-collapse: collapse; border: 0; margin: 8px 0 0; width: auto;
 font-size: inherit; color: inherit; background: none; table-layout: auto}
& caption {caption-side: top; padding: 0 0 2px; font-weight: 600; text-align: left;
 color: inherit; white-space: nowrap}
& tr, & tr:nth-child(even), & tr:nth-child(odd), & tr:hover {background: none;
 border: 0}
& th, & td {padding: 1px 14px 1px 0; border: 0; text-align: left; vertical-align: top;
 color: inherit; background: none; white-space: normal; overflow-wrap: anywhere;
 max-width: none; font-size: inherit; line-height: 1.45}
& th {font-weight: 400; opacity: .75; min-width: 76px}
& .automl-params td {font-family: ui-monospace, monospace; font-size: 12px}
& .automl-params tr {border-top: 1px solid rgba(128,128,128,.25)}
& .automl-facts {margin-top: 10px; border-top: 1px solid rgba(128,128,128,.5);
 width: 100%}
& .automl-facts tr:first-child > * {padding-top: 8px}
& .automl-facts th {white-space: nowrap; overflow-wrap: normal; width: 1%}
& summary {cursor: pointer}
& ul {margin: 2px 0; padding: 0 0 0 18px}
& li {overflow-wrap: anywhere}
& figure {flex: 1 1 290px; max-width: 340px; min-width: 0; margin: 0;
 display: block !important}
& figure > svg {display: block; width: 100%; height: auto; max-width: 340px}
& figcaption {font-size: 11px; font-style: normal; color: inherit; text-align: left;
 padding-left: 0}
& figcaption span {margin-right: 10px; white-space: nowrap}
& .key {width: 18px; height: 12px; margin-right: 3px; vertical-align: -2px;
 display: inline}
& svg text {font: 11px system-ui, sans-serif; fill: currentColor}
& path {fill: none}
& .grid {stroke: currentColor; stroke-opacity: .18}
& .best {stroke: #2589d0; stroke-width: 2.2}
& .provisional {stroke: #2589d0; stroke-width: 1.6; stroke-dasharray: 2 3}
& .full {stroke: #2589d0; stroke-width: 6; stroke-linecap: round; stroke-opacity: .75}
& .less {stroke: #8a8a8a; stroke-width: 5; stroke-linecap: round; stroke-opacity: .8}
& .failed {stroke: #d55e00; stroke-width: 1.8}
& .winner {fill: none; stroke: currentColor; stroke-width: 1.6}
"""
STYLE = " ".join(_RULES.split()).replace("&", "div.automl-card.automl-card")
