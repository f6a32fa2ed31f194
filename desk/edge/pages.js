// At the edge, before the cache: an address of the hall becomes the object of the release that is current.
// No other object can be reached. The release is part of what the cache is asked for, so nothing old is ever shown.
function handler(event) {
  var request = event.request;
  var uri = request.uri.replace(/^[\/\\]+/, '/');
  var last = uri.substring(uri.lastIndexOf('/') + 1);
  if ('${Release}' === '') {
    return { statusCode: 404, statusDescription: 'Not Found' };
  }
  if (last !== '' && last.indexOf('.') < 0) {
    return { statusCode: 301, statusDescription: 'Moved Permanently', headers: { location: { value: uri + '/' } } };
  }
  request.uri = '/releases/${Release}' + uri + (last === '' ? 'index.html' : '');
  return request;
}
