// The HEALTHCHECK of every app's image: asks the app beside it whether it is ready. There is no shell and no curl to do it.
const { get } = require('node:http');

const url = `http://127.0.0.1:${process.env.HTTP_PORT}/health/ready`;
const request = get(url, { timeout: 4_000 }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1));
request.on('timeout', () => request.destroy());
request.on('error', () => process.exit(1));
