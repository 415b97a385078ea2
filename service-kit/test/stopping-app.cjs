// A small app as a process of its own, for stopping.test.ts. Its configuration comes as the environment does for the real ones.
require('reflect-metadata');
const { Controller, Get, Module } = require('@nestjs/common');
const { GrpcMethod } = require('@nestjs/microservices');
const { GrpcServiceConfig, KitModule, loadConfig, runService } = require('@shop/service-kit');

const WORK_MS = 30;
const work = () => new Promise((resolve) => setTimeout(resolve, WORK_MS));

class WorkController {
  async work() {
    await work();
    return { done: true };
  }

  async createProduct({ sku }) {
    await work();
    return { sku };
  }
}

const decorate = (method, decorator) =>
  decorator(WorkController.prototype, method, Object.getOwnPropertyDescriptor(WorkController.prototype, method));
decorate('work', Get('work'));
decorate('createProduct', GrpcMethod('ProductsService', 'CreateProduct'));
Controller()(WorkController);

const config = loadConfig(GrpcServiceConfig);
class StoppingModule {}
Module({
  imports: [KitModule.forRoot({ name: 'products-service', config })],
  controllers: [WorkController],
})(StoppingModule);

void runService({
  name: 'products-service',
  module: StoppingModule,
  config,
  grpc: { contracts: ['products'], allow: { CreateProduct: ['api-gateway'] } },
});
