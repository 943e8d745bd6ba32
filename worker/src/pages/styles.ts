/**
 * The look of every page: paper, ink and hairlines; colour is kept for state. Text colours reach 4.5:1 on their ground in
 * both themes, marks 3:1.
 */
export const styles = `
:root{--paper:#fbfaf7;--ink:#15202b;--soft:#5b6672;--line:#e3e0d8;--card:#fff;--wash:#f3f0e8;--up:#1f7a58;--deg:#93630a;--out:#b83232;--maint:#2f639d;--none:#6b6a63;--bar-none:#d3cfc4;--field:#949086;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--paper:#0f151b;--ink:#e8ecef;--soft:#9aa7b3;--line:#26303a;--card:#141c24;--wash:#19222b;--up:#4bb78e;--deg:#e0a93a;--out:#f07d7d;--maint:#79aee2;--none:#98a3ad;--bar-none:#323c46;--field:#667079}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
a{color:inherit}
h1{font-size:24px;line-height:1.25;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:16px;margin:28px 0 8px}
.soft,small{color:var(--soft)}small{font-size:13px}
nav{display:flex;flex-wrap:wrap;gap:6px 22px;align-items:center;padding:10px 24px;border-bottom:1px solid var(--line)}
nav b{font-size:16px}nav a{color:var(--soft);text-decoration:none;padding:4px 0}nav a:hover,nav [aria-current]{color:var(--ink)}nav [aria-current]{font-weight:600}nav form{margin:0}nav .last{margin-left:auto;display:flex;gap:14px;align-items:center;color:var(--soft)}
main{max-width:1240px;margin:0 auto;padding:28px 24px 80px}
.narrow{max-width:760px;margin:0 auto}
button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:7px;padding:5px 12px;min-height:34px;cursor:pointer}
button:hover{border-color:var(--soft)}button.strong{background:var(--ink);color:var(--paper);border-color:var(--ink)}button.quiet{background:none}
:focus-visible{outline:2px solid var(--maint);outline-offset:2px}
form{margin:14px 0}label{display:block;margin:0 0 12px;color:var(--soft)}label.check{display:flex;gap:8px;align-items:center}
input:not([type=checkbox],[type=radio]),textarea,select{display:block;width:100%;max-width:420px;min-height:40px;font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--field);border-radius:7px;padding:8px 10px;margin-top:4px}
::placeholder{color:var(--soft);opacity:1}label small,label .out{display:block;max-width:420px;margin-top:4px}.wrong input,.wrong textarea,.wrong select{border-color:var(--out)}
pre,code{font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,monospace}
pre{background:var(--wash);border-radius:8px;padding:12px 14px;margin:10px 0;overflow:auto}pre.paste{white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}button.copy{margin:-4px 0 6px}
p code,.diag code{background:var(--card);border:1px solid var(--line);border-radius:4px;padding:1px 5px}
table{width:100%;border-collapse:collapse}th{font-size:13px;font-weight:500;color:var(--soft);text-align:left;padding:6px 10px;border-bottom:1px solid var(--line)}
td{padding:9px 10px;border-bottom:1px solid var(--line);vertical-align:middle}td form{margin:0}.long{overflow-wrap:anywhere}td.long{min-width:13ch}
.fault{border-left:4px solid var(--out);background:var(--card);padding:10px 14px;border-radius:8px}
.up{color:var(--up)}.deg{color:var(--deg)}.out{color:var(--out)}.maint{color:var(--maint)}.none{color:var(--none)}
.mark{display:inline-block;width:1.15em}
.lines{list-style:none;margin:0 0 16px;padding:0}.lines li{display:grid;grid-template-columns:18px 1fr auto;gap:0 10px;padding:10px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}.lines small{display:block}.lines form{margin:0}.lines a{font-weight:600;text-decoration:none}.lines a:hover{text-decoration:underline}
@media (max-width:760px){main{padding:20px 14px 60px}nav{padding:8px 14px;gap:0 18px}nav a{padding:9px 0}button,summary{min-height:44px}summary{padding:10px 0}nav button{min-height:36px}.lines.acted li{grid-template-columns:18px 1fr}}
`;

/** What the dashboard needs beyond it. */
export const dashboardStyles = `
.sub{color:var(--soft);margin:0 0 20px}
.filter{float:right;width:190px!important;margin:0!important;padding:6px 10px!important}
.trouble{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--none);border-radius:10px;padding:14px 18px;margin:0 0 14px}
.trouble.loud{border-left-color:var(--out)}.trouble.calm{border-left-color:var(--deg)}
form.inline{display:inline;margin:0}.trouble header{display:flex;gap:6px 20px;justify-content:space-between;flex-wrap:wrap}.trouble header>div:first-child{flex:1 1 480px}.trouble h2{margin:0;font-size:16px}.trouble h2 a,.quiet-list a{text-decoration:none}.trouble h2 a:hover,.quiet-list a:hover{text-decoration:underline}h2 small{font-weight:400;margin-left:8px}.trouble p{margin:2px 0 0;color:var(--soft)}.trouble pre{white-space:pre-wrap;overflow-wrap:anywhere}
.host td{background:var(--wash);font-weight:600}.aside{float:right;font-weight:400}button.aside{min-height:0;padding:1px 10px;font-size:13px;color:var(--soft)}.host small{font-weight:400;margin-left:10px}
td.act{text-align:right;white-space:nowrap}.fleet td:first-child,.fleet td:nth-child(2),.fleet [data-label='up for'],.fleet .process,.fleet th{white-space:nowrap}td small{display:block}
tr.at td:first-child{box-shadow:inset 3px 0 var(--maint)}
.diag{background:var(--wash);border-radius:8px;padding:10px 14px;white-space:normal;overflow-wrap:anywhere}.has-diag td{border-bottom:0}
.steps{color:var(--soft);font-size:13px;white-space:normal}.steps b{color:var(--ink)}.steps .end-bad{color:var(--out)}.steps .end-good{color:var(--up)}
.steps .verb{color:var(--ink)}.answers{white-space:nowrap}
.acts{position:relative;display:inline-flex;gap:6px;align-items:center;justify-content:flex-end;flex-wrap:wrap}.fleet .act .acts{flex-wrap:nowrap}button.more{padding:5px 9px;font-weight:700}
.menu{position:absolute;right:0;top:calc(100% + 4px);z-index:5;width:264px;background:var(--card);border:1px solid var(--line);border-radius:10px;padding:6px;box-shadow:0 10px 28px #00000038;text-align:left;white-space:normal}
.menu button{display:flex;justify-content:space-between;gap:12px;align-items:baseline;width:100%;border:0;background:none;border-radius:6px;padding:5px 10px}.menu button:hover,.menu button:focus-visible{background:var(--wash)}
.menu [aria-disabled='true']{color:var(--soft);cursor:default;background:none!important}.menu small{white-space:nowrap}.menu p{margin:6px 4px 2px;padding:8px 6px 2px;border-top:1px solid var(--line);color:var(--soft);font-size:13px}
.answer-head{display:flex;justify-content:space-between;gap:16px;align-items:start}.answer-head button{flex:none;margin:-4px -6px 0 0}.answer pre{background:var(--card);max-height:340px;margin:8px 0 0}
.quiet-list{margin:24px 0 0;padding:0;list-style:none}.quiet-list li{padding:8px 0;border-top:1px solid var(--line)}
dialog{border:1px solid var(--line);border-radius:12px;background:var(--card);color:var(--ink);padding:20px 24px;max-width:420px}dialog::backdrop{background:#0006}
kbd{font:13px ui-monospace,monospace;border:1px solid var(--line);border-radius:4px;padding:0 6px}
@media (max-width:760px){.filter{float:none;width:100%!important;max-width:none!important;margin:0 0 12px!important}
.fleet,.fleet tbody{display:block}.fleet thead{display:none}.fleet tr{display:grid;grid-template-columns:1fr auto;padding:8px 0;border-bottom:1px solid var(--line)}.fleet td{border:0;padding:2px 8px}.fleet td:first-child{white-space:normal;overflow-wrap:anywhere}.fleet tr.host{display:block}.fleet tr.host td{display:block;padding:8px;white-space:normal}.fleet td.act{grid-column:1/-1;text-align:left}.fleet .acts{justify-content:flex-start}.menu{left:0;right:auto;width:min(300px,calc(100vw - 44px))}.menu button{min-height:44px}.fleet td[data-label]:before{content:attr(data-label) ' ';color:var(--soft)}.fleet tr.diag-row td:first-child{display:none}.fleet tr.diag-row td{grid-column:1/-1}}
`;
