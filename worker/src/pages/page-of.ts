/** For scripts of pages: a page that is read anew, parsed. Without its styles, since their nonce is not that of the page that is shown. */
export const PAGE_OF_SCRIPT = `const pageOf=text=>new DOMParser().parseFromString(text.replace(/<style.*?<\\/style>/s,""),"text/html");`;
