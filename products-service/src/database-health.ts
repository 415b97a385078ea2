import { Injectable } from '@nestjs/common';
import { InjectConnection } from '@nestjs/mongoose';
import { Health } from '@shop/service-kit';
import type { Connection } from 'mongoose';

/** Ready means: MongoDB answers. */
@Injectable()
export class DatabaseHealth {
  constructor(health: Health, @InjectConnection() connection: Connection) {
    health.add('mongodb', async () => {
      if (!connection.db) throw new Error('not connected yet');
      await connection.db.command({ ping: 1 });
    });
  }
}
