/* Requests that bear a token, and the private link that holds it: #name.token, in the fragment so that no log has it.
   Knows no page. */
(function () {
  'use strict';

  /* Calls done(status, value, call) once; status 0: no answer came. options: token, body (sent as JSON), blob, wait. */
  function talk(method, url, options, done) {
    var call = new XMLHttpRequest();
    var timer = setTimeout(function () { end(0); call.abort(); }, options.wait || 20000);
    function end(status) {
      var value = null;
      if (!timer) { return; }
      clearTimeout(timer);
      timer = 0;
      if (options.blob && status === 200) { value = call.response; } else if (!options.blob) {
        try { value = JSON.parse(call.responseText); } catch (broken) { value = null; }
      }
      done(status, value, call);
    }
    call.onload = function () { end(call.status); };
    call.onerror = function () { end(0); };
    call.open(method, url, true);
    if (options.blob) { call.responseType = 'blob'; }
    if (options.token) { call.setRequestHeader('Authorization', 'Bearer ' + options.token); }
    if (method !== 'GET') { call.setRequestHeader('Content-Type', 'application/json'); }
    call.send(method === 'GET' ? null : JSON.stringify(options.body || {}));
  }

  /* What an answer says in the page's language; `otherwise` where it says nothing. */
  function told(value, otherwise) {
    return ((value || {}).message || {})[hall.zh ? 'zh-CN' : 'en'] || otherwise;
  }

  /* The name and token in the fragment, null where there is none. */
  function link() {
    var found = /^#([\w-]+)\.([\w-]+)$/.exec(location.hash);
    return found && { name: found[1], token: found[2] };
  }

  function setLink(name, token) {
    history.replaceState(null, '', location.pathname + location.search + (name ? '#' + name + '.' + token : ''));
  }

  hall.talk = talk;
  hall.told = told;
  hall.link = link;
  hall.setLink = setLink;
})();
