#!/bin/sh
# Run once, on an empty data volume: a database and its owner for each of the two services.
set -eu
psql -v ON_ERROR_STOP=1 --username postgres \
  -v users_password="$USERS_DATABASE_PASSWORD" -v orders_password="$ORDERS_DATABASE_PASSWORD" <<'SQL'
CREATE ROLE users LOGIN PASSWORD :'users_password';
CREATE ROLE orders LOGIN PASSWORD :'orders_password';
CREATE DATABASE users OWNER users;
CREATE DATABASE orders OWNER orders;
REVOKE CONNECT ON DATABASE users, orders FROM PUBLIC;
SQL
