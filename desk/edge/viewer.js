// At the edge, before the functions: the address that connected. Whatever a visitor sent under this name is replaced.
function handler(event) {
  event.request.headers['x-viewer-address'] = { value: event.viewer.ip };
  return event.request;
}
