/** The look of the page, light and dark, narrow and wide, on screen and paper. Contrasts are 4.5:1 or more. */

const LIGHT = `--page:#f5f6f8;--card:#fff;--text:#15191e;--muted:#59636e;--line:#e2e6ea;--band:rgba(90,105,120,.10);--good:#0b6e33;--bad:#b3261e;--warn:#8a5a00;
--good-soft:#e6f4ea;--bad-soft:#fdeceb;--warn-soft:#fdf3dc;--tone1:#0b5cd5;--tone2:#c2410c;--tone3:#0f766e;--tone4:#7c3aed;--tone5:#946200;--tone6:#be185d;--tone7:#5b6b7c;`;
const DARK = `--page:#0e1114;--card:#171b20;--text:#e7eaee;--muted:#9ba6b2;--line:#2b323a;--band:rgba(160,175,190,.10);--good:#57d38c;--bad:#ff8f86;--warn:#f2bd53;
--good-soft:#12301f;--bad-soft:#3a1917;--warn-soft:#33270c;--tone1:#6fa8ff;--tone2:#ff9a5c;--tone3:#3ad0bd;--tone4:#bda4ff;--tone5:#e8c15a;--tone6:#f79ac6;--tone7:#94a3b3;`;
const TONES = [1, 2, 3, 4, 5, 6, 7]
  .map(
    (tone) =>
      `.line.tone${tone}{stroke:var(--tone${tone})}.dot.tone${tone},.key.tone${tone}{fill:var(--tone${tone});background:var(--tone${tone})}`,
  )
  .join('\n');

export const PAGE_STYLE = `
:root{color-scheme:light dark;${LIGHT}}
@media(prefers-color-scheme:dark){:root{${DARK}}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:32px 20px 56px}
h1{font-size:27px;line-height:1.2;margin:2px 0 8px;letter-spacing:-.015em;overflow-wrap:anywhere}
h2{font-size:18px;margin:40px 0 12px;letter-spacing:-.01em}
h3{font-size:15px;margin:0}
p{margin:0 0 8px}
code{font:13px/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.eyebrow,.muted,figcaption p,th{color:var(--muted)}
.eyebrow{font-size:13px;letter-spacing:.02em}
.about{display:flex;flex-wrap:wrap;gap:2px 18px;color:var(--muted);font-size:14px;overflow-wrap:anywhere}
.card,.verdict{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:16px 18px}
.verdict{margin:22px 0 14px;border-left:5px solid var(--good)}
.verdict.bad{border-left-color:var(--bad)}
.verdict h2{margin:0;font-size:20px}
.verdict h2::first-letter{text-transform:uppercase}
.verdict.good h2,.pass{color:var(--good)}
.verdict.bad h2,.fail{color:var(--bad)}
.verdict ul{margin:8px 0 0;padding-left:20px;overflow-wrap:anywhere}
.warn{color:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px}
.tile{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px}
.tile dt{color:var(--muted);font-size:13px}
.tile dd{margin:0;font-size:23px;font-weight:600;letter-spacing:-.015em;line-height:1.3;white-space:nowrap}
.tile dd i{font-style:normal;font-weight:500;font-size:.7em;color:var(--muted)}
.tile dd small{display:block;font-size:13px;font-weight:400;color:var(--muted);letter-spacing:0;white-space:normal}
dl.tiles{margin:0}
.charts{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:14px}
figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px 10px;min-width:0;break-inside:avoid}
figure.wide{grid-column:1/-1}
figcaption p{font-size:13px;margin:2px 0 6px}
.keys{display:flex;flex-wrap:wrap;gap:3px 16px;font-size:13px;margin:0 0 4px;padding:0;list-style:none}
.key{display:inline-block;width:14px;height:3px;border-radius:2px;vertical-align:middle;margin-right:6px}
.key.dashed{background:repeating-linear-gradient(90deg,var(--tone7) 0 4px,transparent 4px 6px)}
svg.still{display:block;width:100%;height:auto}
svg.slim{display:none}
svg text{fill:var(--muted);font:12px system-ui,sans-serif;text-anchor:middle}
svg text.up{text-anchor:end}
.grid{stroke:var(--line)}
.band{fill:var(--band)}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.line.dashed{stroke-dasharray:6 4}
${TONES}
.scripted .still,.scripted .keys{display:none}
.scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:7px 14px;text-align:right;white-space:nowrap;border-top:1px solid var(--line)}
thead th{border-top:0}
thead th{font-size:13px;font-weight:500}
th:first-child,td.text,th.text{text-align:left}
td.text{white-space:normal;overflow-wrap:anywhere;min-width:160px}
tbody th{color:var(--text);font-weight:500}
tbody tr.head th,tbody tr.head td{font-weight:650}
tbody th small{display:block;font-weight:400;color:var(--muted)}
td.wrap{white-space:normal;min-width:9em}
.facts dt{white-space:nowrap}
.sum{font-size:15px;overflow-wrap:anywhere}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,250px),1fr));gap:0 28px;margin:0}
.facts div{display:flex;justify-content:space-between;gap:12px;padding:5px 0;border-bottom:1px solid var(--line);font-size:14px}
.facts dt{color:var(--muted)}
.facts dd{margin:0;text-align:right;overflow-wrap:anywhere;min-width:0}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,300px),1fr));gap:14px;align-items:start}
.two h3{margin-bottom:6px}
details{margin-top:14px}
summary{cursor:pointer;color:var(--muted);font-size:14px;padding:4px 0}
summary:focus-visible{outline:2px solid var(--tone1);outline-offset:2px;border-radius:4px}
details>*:not(summary){margin-top:8px}
pre{margin:0;overflow-x:auto;padding:14px 16px;background:var(--card);border:1px solid var(--line);border-radius:10px;font:13px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.guide p{max-width:74ch}
footer{margin-top:40px;color:var(--muted);font-size:13px}
.u-legend{font-size:13px;margin:2px 0 0;text-align:left;font-variant-numeric:tabular-nums}
.u-legend th{color:var(--text);font-weight:400}
.u-legend th,.u-legend td{border:0;padding:0;text-align:left}
.u-legend .u-marker{width:12px;height:3px;border-width:0 0 3px!important;margin-right:6px}
.u-legend tbody{display:flex!important;flex-wrap:wrap;gap:2px 14px}
.u-legend .u-series:first-child{order:9}
.u-legend .u-series:first-child th{display:none}
.u-legend .u-series:first-child .u-value{color:var(--muted)}
.u-inline.u-live th::after{content:""!important}
.u-legend th{padding-right:6px!important}
.u-inline tr{margin-right:0}
.u-legend .u-value{min-width:5.2em}
.u-select{background:var(--band)}
@media(max-width:700px){main{padding:20px 12px 40px}h1{font-size:23px}.charts{grid-template-columns:minmax(0,1fr)}svg text{font-size:15px}.tiles{grid-template-columns:repeat(2,minmax(0,1fr))}.tile dd{font-size:20px}th,td{padding:7px 10px}figure{padding:12px 10px 8px}svg.slim{display:block}.u-legend .u-value{min-width:4.4em}svg.broad,.scripted svg.broad{display:none}}
@media print{:root{${LIGHT}--page:#fff}body{font-size:12px}main{max-width:none;padding:0}.scripted .still:not(.slim){display:block}.scripted .keys{display:flex}.live,details:not([open]){display:none}.scroll{overflow:visible}h2{break-after:avoid}tr{break-inside:avoid}}
`;
