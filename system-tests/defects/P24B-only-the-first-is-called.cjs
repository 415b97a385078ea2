const plant = require('./plant.cjs');

for (const app of ['api-gateway', 'orders-service']) {
  plant(app, 'service-kit/grpc-channel', (channels) => {
    const { connect } = channels;
    channels.connect = (callee) => connect({ ...callee, address: callee.address.split(',')[0] });
  });
}
