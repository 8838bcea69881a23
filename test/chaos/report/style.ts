/** Of the whole page: light, and dark where the reader prefers that. No files from elsewhere. */
export const style = `
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --ink: #1c2430; --soft: #5c6878; --line: #dde2e9;
  --pass: #1a7f4b; --pass-bg: #e2f4ea; --bad: #b3261e; --bad-bg: #fce4e2;
  --warn: #8a5a00; --warn-bg: #fdf0d5; --mute: #5c6878; --mute-bg: #eceff3;
  --up: #cfe8da; --down: #3b4351; --paused: #e8b04a; --cut: #d9784f; --struck: #9a86c9;
  --band: #d9784f; --flow: #3d7edb; --got: #1a7f4b;
  --hue-0: #2f6fcb; --hue-1: #7a51c4; --hue-2: #0f7d86; }
@media (prefers-color-scheme: dark) { :root {
  --page: #12161c; --card: #1a2028; --ink: #e3e8ef; --soft: #9aa6b5; --line: #2d3642;
  --pass: #6fd6a0; --pass-bg: #15352a; --bad: #ff9d94; --bad-bg: #47201f;
  --warn: #f2c56b; --warn-bg: #3d3014; --mute: #9aa6b5; --mute-bg: #262e38;
  --up: #24473a; --down: #cdd5df; --paused: #c58f2b; --cut: #c2653d; --struck: #8a74bf;
  --band: #e08a62; --flow: #6aa3f2; --got: #6fd6a0;
  --hue-0: #3d78c9; --hue-1: #7f5fc0; --hue-2: #1d7f88; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
h1 { margin: 0; font-size: 1.9rem; letter-spacing: -0.02em; }
h2 { margin: 2.5rem 0 0.75rem; font-size: 1.25rem; }
h3 { margin: 0; font-size: 1.08rem; } h4 { margin: 1rem 0 0.25rem; }
.about, .cost, .under, small { color: var(--soft); } .under { font-weight: 400; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr));
  gap: 0.75rem; margin: 1.5rem 0 0; }
.tiles div, article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
.tiles div { padding: 0.75rem 1rem; }
dt { color: var(--soft); font-size: 0.8rem; } dd { margin: 0; font-variant-numeric: tabular-nums; }
.tiles dd { font-size: 1.5rem; font-weight: 600; letter-spacing: -0.02em; }
.tiles .bad dd { color: var(--bad); } .tiles .good dd { color: var(--pass); }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: 10px;
  background: var(--card); }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.matrix { width: 100%; border-collapse: separate; border-spacing: 4px; font-size: 0.86rem; }
.matrix th { text-align: left; font-weight: 600; padding: 0.3rem 0.5rem; white-space: nowrap; }
.matrix tbody th { position: sticky; left: 0; background: var(--card); }
.matrix tbody td { border-radius: 6px; min-width: 7.5rem; }
.matrix a, .matrix .absent span { display: block; padding: 0.3rem 0.6rem; color: inherit;
  text-decoration: none; }
.matrix a:hover, .matrix a:focus-visible { outline: 2px solid currentColor; border-radius: 6px; }
.matrix small { display: block; color: inherit; opacity: 0.85; min-height: 1.3em; }
.passed { background: var(--pass-bg); color: var(--pass); }
.violated { background: var(--bad-bg); color: var(--bad); }
.broken { background: var(--warn-bg); color: var(--warn); }
.skipped { background: var(--mute-bg); color: var(--mute); } .absent { color: var(--soft); }
article { padding: 1.1rem 1.25rem; margin: 0 0 1.1rem; content-visibility: auto;
  contain-intrinsic-size: auto 480px; scroll-margin-top: 1rem; }
article header { display: flex; gap: 1rem; align-items: center; justify-content: space-between; }
article p { margin: 0.4rem 0; } .cost { display: block; }
.badge { padding: 0.1rem 0.7rem; border-radius: 99px; font-weight: 600; font-size: 0.86rem; }
.reason { padding: 0.5rem 0.75rem; background: var(--warn-bg); color: var(--warn);
  border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: 0.9rem 0; overflow-x: auto; }
svg { display: block; width: 100%; min-width: 640px; }
.numbers { display: flex; flex-wrap: wrap; gap: 0.4rem 1.75rem; margin: 0.5rem 0; }
.violations { margin: 0; padding-left: 1.1rem; overflow-wrap: anywhere; }
.violations b { color: var(--bad); }
details { margin-top: 0.6rem; } summary { cursor: pointer; color: var(--soft); }
.tables { display: flex; flex-wrap: wrap; gap: 2rem; margin-top: 0.6rem; align-items: start; }
.tables th, .tables td { text-align: left; padding: 0.15rem 0.9rem 0.15rem 0; font-weight: 400;
  border-bottom: 1px solid var(--line); } .tables th { color: var(--soft); }
.late td { color: var(--bad); font-weight: 600; }
.legend { display: flex; flex-wrap: wrap; gap: 0.3rem 1.2rem; padding: 0; margin: 0.75rem 0;
  list-style: none; color: var(--soft); font-size: 0.86rem; }
.legend svg { display: inline-block; width: 22px; min-width: 0; height: 12px; margin-right: 0.4rem;
  vertical-align: -1px; }
svg text { font: 11px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--soft); }
text.lane { text-anchor: end; } text.lane.bad { fill: var(--bad); }
text.tick, text.in-bar, text.silent, text.check { text-anchor: middle; }
text.phase, text.round { font-size: 10px; } text.round { fill: var(--band); font-weight: 700; }
text.in-bar { fill: #fff; font-size: 10px; font-weight: 600; }
text.in-bar.paused, text.in-bar.cut { fill: #2b1a05; } text.in-bar.down { fill: var(--card); }
text.silent { fill: var(--bad); font-size: 10px; font-weight: 600; }
text.check { fill: var(--bad); font-size: 10px; font-weight: 700; }
.state.up { fill: var(--up); } .state.down { fill: var(--down); }
.state.paused { fill: var(--paused); } .state.cut { fill: var(--cut); }
.state.struck { fill: var(--struck); }
.leader.hue-0 { fill: var(--hue-0); } .leader.hue-1 { fill: var(--hue-1); }
.leader.hue-2 { fill: var(--hue-2); }
.band { fill: var(--band); opacity: 0.16; } .band.healing { opacity: 0.07; }
.strike { stroke: var(--band); stroke-dasharray: 3 3; opacity: 0.8; }
.confirmed { fill: var(--flow); opacity: 0.3; }
.received { fill: none; stroke: var(--got); stroke-width: 1.4; stroke-linejoin: round; }
.silence { fill: var(--bad); opacity: 0.16; } .violation { fill: var(--bad); }
.base, .tick, .phase { stroke: var(--line); } text.tick, text.phase { stroke: none; }
@media print { article { break-inside: avoid; content-visibility: visible; } }
`
