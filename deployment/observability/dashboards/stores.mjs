import { graph, number, rateOf, slowest } from './panels.mjs';

export const stores = {
  uid: 'shop-stores',
  title: 'Stores and queues',
  means: 'Databases, Redis, the broker and the events that go through it',
  rows: {
    Now: [
      number({
        title: 'Connected',
        means: '1 each; 0: it is away',
        queries: {
          'database of {{job}}': 'min by (job) (database_connected)',
          'RabbitMQ of {{job}}': 'min by (job) (rabbitmq_connected)',
          'Redis of {{job}}': 'min by (job) (redis_connected)',
        },
      }),
      number({
        title: 'Dead letters',
        means: 'There should be none',
        queries: { messages: 'sum(max by (queue) (event_dead_letters))' },
      }),
      number({ title: 'Events that wait to be sent', queries: { events: 'sum(max by (job) (outbox_unsent_events))' } }),
      number({
        title: 'Least space left on a disk',
        unit: 'percentunit',
        means: 'Needs node_exporter; -1 without it',
        queries: { left: 'min(node_filesystem_avail_bytes / node_filesystem_size_bytes) or vector(-1)' },
      }),
    ],
    Events: [
      graph({
        title: 'Published',
        unit: 'ops',
        queries: { '{{type}} {{outcome}}': rateOf('events_published_total', 'type, outcome') },
      }),
      graph({
        title: 'Handled',
        unit: 'ops',
        queries: { '{{queue}} {{outcome}}': rateOf('events_handled_total', 'queue, outcome') },
      }),
      graph({
        title: 'Time to handle, for 95 %',
        unit: 's',
        queries: { '{{queue}}': slowest('event_handling_duration_seconds', 'queue') },
      }),
      graph({ title: 'Waiting in queues', queries: { '{{queue}}': 'max by (queue) (event_queue_messages)' } }),
      graph({ title: 'Dead letters', queries: { '{{queue}}': 'max by (queue) (event_dead_letters)' } }),
      graph({
        title: 'Waiting in outboxes',
        queries: {
          '{{job}}, events': 'max by (job) (outbox_unsent_events)',
          '{{job}}, age of the oldest in seconds': 'max by (job) (outbox_oldest_unsent_age_seconds)',
        },
      }),
    ],
    Stores: [
      graph({
        title: 'Connections of the pools',
        queries: { '{{job}} {{state}}': 'sum by (job, state) (database_pool_connections)' },
      }),
      graph({
        title: 'Redis: time of a command, for 95 %',
        unit: 's',
        queries: { '{{command}}': slowest('redis_command_duration_seconds', 'command') },
      }),
      graph({
        title: 'Redis: commands',
        unit: 'ops',
        queries: { '{{command}}': rateOf('redis_command_duration_seconds_count', 'command') },
      }),
      graph({
        title: 'Caches of the gateways',
        unit: 'ops',
        queries: { '{{cache}} {{outcome}}': rateOf('gateway_cache_requests_total', 'cache, outcome') },
      }),
      graph({
        title: 'Disks: space left',
        unit: 'percentunit',
        means: 'Needs node_exporter; -1 without it',
        queries: {
          '{{instance}} {{mountpoint}}':
            'min by (instance, mountpoint) (node_filesystem_avail_bytes / node_filesystem_size_bytes) or vector(-1)',
        },
      }),
    ],
  },
};
