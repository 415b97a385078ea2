import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import { currentUser, pageOf, requireAdmin } from '@shop/service-kit';
import { users } from '@shop/proto';
import { AuditRepository } from '../audit/audit.repository';
import { ListAuditDto, RecordAuditBatchDto, RecordAuditDto } from '../audit/audit.dto';
import { RecordAudit } from '../audit/record-audit';
import { requireSelfOrAdmin } from './own-account';
import { toProto } from './to-proto';
import {
  EraseUserDto,
  ListUsersDto,
  RegisterUserDto,
  SetUserAccessDto,
  UpdateProfileDto,
  UserIdDto,
  VerifyCredentialsDto,
} from './user.dto';
import { UserWrites } from './user-writes';
import { UsersRepository } from './users.repository';

@Controller()
export class UsersController implements users.UsersServiceController {
  constructor(
    private readonly writes: UserWrites,
    private readonly repository: UsersRepository,
    private readonly audit: AuditRepository,
    private readonly recording: RecordAudit,
  ) {}

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async registerUser(request: RegisterUserDto): Promise<users.User> {
    return toProto(await this.writes.register.execute(request));
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async verifyCredentials(request: VerifyCredentialsDto): Promise<users.User> {
    return toProto(await this.writes.verify.execute(request));
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async getUser({ id }: UserIdDto): Promise<users.User> {
    requireSelfOrAdmin(id);
    return toProto(await this.repository.get(id));
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async listUsers({ page, search }: ListUsersDto): Promise<users.ListUsersResponse> {
    requireAdmin();
    const { items, nextCursor, total } = await this.repository.list(pageOf(page), search);
    return { items: items.map(toProto), page: { nextCursor, total } };
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async updateProfile(request: UpdateProfileDto): Promise<users.User> {
    return toProto(await this.writes.updateProfile.execute(request));
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async setUserAccess(request: SetUserAccessDto): Promise<users.User> {
    return toProto(await this.writes.setAccess.execute(request));
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async eraseUser(request: EraseUserDto): Promise<users.EraseUserResponse> {
    await this.writes.erase.execute(request);
    return {};
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async recordAudit({ record }: RecordAuditDto): Promise<users.RecordAuditResponse> {
    await this.recording.execute([record]);
    return {};
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  async recordAuditBatch({ records }: RecordAuditBatchDto): Promise<users.RecordAuditBatchResponse> {
    await this.recording.execute(records);
    return {};
  }

  @GrpcMethod(users.USERS_SERVICE_NAME)
  listAudit(request: ListAuditDto): Promise<users.ListAuditResponse> {
    // Users may read what they did themselves: it is part of their export.
    if (request.actor !== currentUser().id) requireAdmin();
    return this.audit.list(pageOf(request.page), request);
  }
}
