// What Redis and RabbitMQ are told at their start: the same for `npm start` and for Compose. Clients are known by name and password.

/** Redis keeps what it was told, within a second, and takes nobody in without TLS. */
export function redisConfiguration({ port, data, tls, users }) {
  return [
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file "${tls.certificate}"`,
    `tls-key-file "${tls.key}"`,
    `tls-ca-cert-file "${tls.authority}"`,
    'tls-auth-clients no',
    `dir "${data}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    ...users,
  ];
}

/** RabbitMQ loads its users at every start, so that guest is never made, and takes nobody in without TLS. */
export function brokerConfiguration({ listener, tls, definitions }) {
  return [
    'listeners.tcp = none',
    `listeners.ssl.1 = ${listener}`,
    ...Object.entries(brokerTls(tls)).map(([name, value]) => `ssl_options.${name} = ${value}`),
    'ssl_options.verify = verify_none',
    'ssl_options.fail_if_no_peer_cert = false',
    `load_definitions = ${definitions}`,
    'loopback_users.guest = true',
    'log.console = true',
    'log.console.level = warning',
  ];
}

export function brokerTls(tls) {
  return { cacertfile: tls.authority, certfile: tls.certificate, keyfile: tls.key };
}
