const plant = require('./plant.cjs');

plant('api-gateway', 'http/broken-requests', (broken) => {
  broken.answerBrokenRequest = (_error, socket) => socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n');
});
