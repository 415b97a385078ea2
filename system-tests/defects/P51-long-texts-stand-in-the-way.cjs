const plant = require('./plant.cjs');

plant('api-gateway', 'http/security-headers', (headers) => {
  const { setSecurityHeaders } = headers;
  headers.setSecurityHeaders = (request, ...rest) => {
    // As a regular expression would that tries everything.
    for (const until = Date.now() + 1000; request.url.length > 3000 && Date.now() < until;);
    setSecurityHeaders(request, ...rest);
  };
});
