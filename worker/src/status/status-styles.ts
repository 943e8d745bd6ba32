/** The public page's own look: small, since it is sent with every page. */
export const statusStyles = `
:root{--paper:#fbfaf7;--ink:#15202b;--soft:#5b6672;--line:#e3e0d8;--card:#fff;--up:#1f7a58;--deg:#93630a;--out:#b83232;--maint:#2f639d;--none:#6b6a63;--bar-up:#2f8f6b;--bar-deg:#c98a12;--bar-none:#d3cfc4;--bar-empty:#ebe8e0;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--paper:#0f151b;--ink:#e8ecef;--soft:#9aa7b3;--line:#26303a;--card:#141c24;--up:#4bb78e;--deg:#e0a93a;--out:#f07d7d;--maint:#79aee2;--none:#98a3ad;--bar-up:#3f9f7b;--bar-deg:#d09a2e;--bar-none:#323c46;--bar-empty:#1b242c}}
*{box-sizing:border-box}body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:760px;margin:0 auto;padding:40px 20px 80px}header{margin-bottom:36px;font-size:18px}
h1{font-size:32px;line-height:1.2;margin:0 0 6px;letter-spacing:-.02em}h2{font-size:16px;margin:32px 0 6px}h3{font-size:15px;margin:0 0 2px}
.soft{color:var(--soft);font-size:14px;margin:0}.up{color:var(--up)}.deg{color:var(--deg)}.out{color:var(--out)}.maint{color:var(--maint)}.none{color:var(--none)}
.mark{margin-right:6px}section{margin-top:28px}
.incident{background:var(--card);border:1px solid var(--line);border-left:4px solid var(--none);border-radius:10px;padding:14px 20px}.incident h2{margin:0}.out-edge{border-left-color:var(--out)}.deg-edge{border-left-color:var(--deg)}.maint-edge{border-left-color:var(--maint)}.incident p{margin:4px 0 0}.incident+.incident{margin-top:12px}
.component{padding:16px 0;border-top:1px solid var(--line)}.head,.legend{display:flex;justify-content:space-between;gap:12px}.head span{font-size:14px;white-space:nowrap}
.bars{--n:90;display:flex;gap:2px;justify-content:flex-end;height:30px;margin:8px 0 5px;background:linear-gradient(90deg,var(--bar-empty) calc(100% - 2px),transparent 0) 0/calc((100% + 2px)/var(--n)) 100% repeat-x}.bars i{flex:0 0 calc((100% - (var(--n) - 1)*2px)/var(--n));border-radius:2px;background:var(--bar-none)}.bars .up{background:var(--bar-up)}.bars .deg{background:var(--bar-deg)}.bars .out{background:var(--out)}.bars .maint{background:var(--maint)}.bars .worked{box-shadow:inset 0 -6px var(--maint)}
.legend{color:var(--soft);font-size:12px}.from:before{content:"90 days ago"}
.key{color:var(--soft);font-size:12px;border-top:1px solid var(--line);padding-top:12px;margin:0}.key i{display:inline-block;width:9px;height:9px;border-radius:2px;background:var(--bar-none)}.key span{white-space:nowrap;margin-right:10px}.key .up{background:var(--bar-up)}.key .deg{background:var(--bar-deg)}.key .out{background:var(--out)}.key .maint{background:var(--maint)}
.day{border-top:1px solid var(--line);padding:12px 0}.day p{margin:2px 0}
footer{margin-top:40px;color:var(--soft);font-size:13px;display:flex;justify-content:space-between}a{color:inherit}:focus-visible{outline:2px solid var(--maint);outline-offset:3px}
@media (max-width:700px){h1{font-size:26px}.bars{--n:60}.bars i:nth-last-child(n+61){display:none}.from:before{content:"60 days ago"}}
@media (max-width:420px){.bars{--n:30}.bars i:nth-last-child(n+31){display:none}.from:before{content:"30 days ago"}}
`;
