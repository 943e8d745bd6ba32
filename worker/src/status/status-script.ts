import { PAGE_OF_SCRIPT } from "../pages/page-of.ts";

/**
 * What the page gains from JavaScript: times in the reader's own zone, and a look every few seconds for what changed. When
 * that fails it says so, rather than showing old news as new.
 */
export const statusScript = `(()=>{
${PAGE_OF_SCRIPT}
const local=()=>{for(const t of document.querySelectorAll("time"))t.textContent="day" in t.dataset?new Date(t.dateTime).toLocaleString([],{day:"numeric",month:"long",hour:"2-digit",minute:"2-digit"}):new Date(t.dateTime).toLocaleTimeString()};
local();
let tag="";
setInterval(async()=>{
if(document.hidden)return;
try{
const a=await fetch(location.pathname,{headers:tag?{"if-none-match":tag}:{}});
if(a.status===304||!a.ok){if(a.ok||a.status===304){document.querySelector("#stale").hidden=true;const t=document.querySelector("time:not([data-day])");t.dateTime=new Date().toISOString();local()}return}
tag=a.headers.get("etag")||"";
const d=pageOf(await a.text());
document.querySelector("main").replaceWith(d.querySelector("main"));document.title=d.title;local();
}catch{document.querySelector("#stale").hidden=false}
},2000)})()`;
