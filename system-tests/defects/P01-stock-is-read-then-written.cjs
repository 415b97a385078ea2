const plant = require('./plant.cjs');

plant('products-service', 'stock/mongo-stock-store', ({ MongoStockStore }) => {
  const { step } = MongoStockStore.prototype;
  MongoStockStore.prototype.step = async function (name, orderId, line) {
    if (name !== 'reserve') return step.call(this, name, orderId, line);
    const { available, marks } = await this.readLine(line.productId, orderId);
    if (available < line.quantity || marks.length > 0) return false;
    const n = line.quantity;
    const mark = { o: orderId, n, st: 'R', at: new Date() };
    await this.stock.updateOne(
      { _id: line.productId },
      { $inc: { available: -n, reserved: n, v: 1 }, $set: { dirty: true, marked: true }, $push: { marks: mark } },
    );
    return true;
  };
});
