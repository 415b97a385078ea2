const plant = require('./plant.cjs');

plant('products-service', 'stock/mongo-stock-store', ({ MongoStockStore }) => {
  const { step } = MongoStockStore.prototype;
  MongoStockStore.prototype.step = async function (name, orderId, line) {
    if (name !== 'unsell' && name !== 'restock') return step.call(this, name, orderId, line);
    const { marks } = await this.readLine(line.productId, orderId);
    if (!marks.includes('X')) return step.call(this, name, orderId, line);
    // Given back already, and again.
    await this.stock.updateOne(
      { _id: line.productId },
      { $inc: { available: line.quantity, sold: -line.quantity, v: 1 }, $set: { dirty: true } },
    );
    return true;
  };
});
