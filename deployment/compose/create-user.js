// Run once by mongosh, on an empty data volume: products-service's own user, for its own database.
/* global db, process */
db.createUser({
  user: 'products',
  pwd: process.env.MONGODB_PASSWORD,
  roles: [{ role: 'readWrite', db: 'products' }],
});
