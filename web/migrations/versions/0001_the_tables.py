"""The tables of the first day; the history refuses to be rewritten."""

import sqlalchemy as sa
from alembic import op

import hotline.db
import hotline.privacy
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = """
CREATE FUNCTION history_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND OLD.seal IS NULL AND NEW.seal IS NOT NULL
     AND to_jsonb(NEW) - 'seal' = to_jsonb(OLD) - 'seal' THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'history is append-only';
END $$;
CREATE TRIGGER history_append_only BEFORE UPDATE OR DELETE ON history
  FOR EACH ROW EXECUTE FUNCTION history_is_append_only();
"""


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("case_numbers")))
    op.create_table('agent_seats',
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), server_default='', nullable=False),
    sa.Column('since', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('call', sa.String(), server_default='', nullable=False),
    sa.Column('token', sa.String(), server_default='', nullable=False),
    sa.Column('idle_since', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('not_before', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('missed', sa.BigInteger(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('user', name=op.f('pk_agent_seats'))
    )
    op.create_table('alarms',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('case_number', sa.String(), nullable=False),
    sa.Column('taken_by', sa.String(), server_default='', nullable=False),
    sa.Column('taken_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alarms'))
    )
    op.create_table('areas',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('government', sa.String(), nullable=False),
    sa.Column('aliases', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_areas')),
    sa.UniqueConstraint('name', name=op.f('uq_areas_name'))
    )
    op.create_table('articles',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('area', sa.String(), nullable=False),
    sa.Column('effective', sa.Date(), nullable=True),
    sa.Column('expires', sa.Date(), nullable=True),
    sa.Column('updated_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('updated_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_articles'))
    )
    op.create_index(op.f('ix_articles_state'), 'articles', ['state'], unique=False)
    op.create_table('call_events_seen',
    sa.Column('id', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_events_seen'))
    )
    op.create_table('callbacks',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('call', sa.String(), nullable=False),
    sa.Column('caller', hotline.privacy.Sealed(), nullable=False),
    sa.Column('caller_index', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('created_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('case_number', sa.String(), server_default='', nullable=False),
    sa.Column('state', sa.String(), server_default='open', nullable=False),
    sa.Column('done_by', sa.String(), server_default='', nullable=False),
    sa.Column('done_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('result', sa.String(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_callbacks')),
    sa.UniqueConstraint('call', name=op.f('uq_callbacks_call'))
    )
    op.create_index(op.f('ix_callbacks_caller_index'), 'callbacks', ['caller_index'], unique=False)
    op.create_index(op.f('ix_callbacks_state'), 'callbacks', ['state'], unique=False)
    op.create_table('calls',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('caller', hotline.privacy.Sealed(), nullable=False),
    sa.Column('caller_index', sa.String(), nullable=False),
    sa.Column('connector', sa.String(), nullable=False),
    sa.Column('invite_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('answer_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('notice_end_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('queue_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('offer_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('agent_answer_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('hangup_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('agent', sa.String(), server_default='', nullable=False),
    sa.Column('token', sa.String(), server_default='', nullable=False),
    sa.Column('exit', sa.String(), server_default='', nullable=False),
    sa.Column('rating', sa.BigInteger(), nullable=True),
    sa.Column('recording', sa.String(), server_default='', nullable=False),
    sa.Column('sha256', sa.String(), server_default='', nullable=False),
    sa.Column('case_number', sa.String(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calls'))
    )
    op.create_index(op.f('ix_calls_caller_index'), 'calls', ['caller_index'], unique=False)
    op.create_index('ix_calls_invite', 'calls', ['invite_at', 'id'], unique=False)
    op.create_index('ix_calls_waiting', 'calls', ['queue_at'], unique=False, postgresql_where=sa.text("state = 'waiting'"))
    op.create_table('cases',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('query_code', hotline.privacy.Sealed(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('round', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('urgency', sa.String(), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('content', hotline.privacy.Sealed(), nullable=False),
    sa.Column('name', hotline.privacy.Sealed(), nullable=False),
    sa.Column('phone', hotline.privacy.Sealed(), nullable=False),
    sa.Column('phone_index', sa.String(), nullable=False),
    sa.Column('area', sa.String(), nullable=False),
    sa.Column('address', hotline.privacy.Sealed(), nullable=False),
    sa.Column('occurred_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('confidential', sa.Boolean(), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('received_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('accepted_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('closed_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('suggestion', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('lead', sa.String(), server_default='', nullable=False),
    sa.Column('direct_answer', hotline.privacy.Sealed(), nullable=False),
    sa.Column('guidance', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'::jsonb"), nullable=False),
    sa.Column('verdict', sa.String(), server_default='', nullable=False),
    sa.Column('verdict_by', sa.String(), server_default='', nullable=False),
    sa.Column('excluded_by', sa.String(), server_default='', nullable=False),
    sa.Column('parent', sa.String(), server_default='', nullable=False),
    sa.Column('call', sa.String(), server_default='', nullable=False),
    sa.Column('created_by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases')),
    sa.UniqueConstraint('number', name=op.f('uq_cases_number'))
    )
    op.create_index(op.f('ix_cases_call'), 'cases', ['call'], unique=False)
    op.create_index('ix_cases_lead', 'cases', ['lead', 'id'], unique=False)
    op.create_index('ix_cases_matter', 'cases', ['category', 'area', 'id'], unique=False)
    op.create_index('ix_cases_phone', 'cases', ['phone_index', 'id'], unique=False)
    op.create_index('ix_cases_state_id', 'cases', ['state', 'id'], unique=False)
    op.create_table('catalogue',
    sa.Column('category', sa.String(), nullable=False),
    sa.Column('area', sa.String(), nullable=False),
    sa.Column('lead', sa.String(), nullable=False),
    sa.Column('co', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('category', 'area', name=op.f('pk_catalogue'))
    )
    op.create_table('categories',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('first', sa.String(), nullable=False),
    sa.Column('second', sa.String(), nullable=False),
    sa.Column('keywords', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('hint', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_categories'))
    )
    op.create_table('chats',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('agent', sa.String(), server_default='', nullable=False),
    sa.Column('name', hotline.privacy.Sealed(), nullable=False),
    sa.Column('phone', hotline.privacy.Sealed(), nullable=False),
    sa.Column('case_number', sa.String(), server_default='', nullable=False),
    sa.Column('created_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('waiting_since', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('answered_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('closed_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chats')),
    sa.UniqueConstraint('key', name=op.f('uq_chats_key'))
    )
    op.create_index(op.f('ix_chats_state'), 'chats', ['state'], unique=False)
    op.create_table('departments',
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('short', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('area', sa.String(), nullable=False),
    sa.Column('parent', sa.String(), nullable=False),
    sa.Column('contact', hotline.privacy.Sealed(), nullable=False),
    sa.Column('contact_phone', hotline.privacy.Sealed(), nullable=False),
    sa.Column('head', hotline.privacy.Sealed(), nullable=False),
    sa.Column('head_phone', hotline.privacy.Sealed(), nullable=False),
    sa.Column('aliases', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('system_url', sa.String(), server_default='', nullable=False),
    sa.Column('dissolved', sa.Boolean(), server_default='false', nullable=False),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_departments'))
    )
    op.create_table('drafts',
    sa.Column('owner', sa.String(), nullable=False),
    sa.Column('form', sa.String(), nullable=False),
    sa.Column('body', hotline.privacy.Sealed(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('owner', 'form', name=op.f('pk_drafts'))
    )
    op.create_table('examples',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('case_number', sa.String(), nullable=False),
    sa.Column('text', hotline.privacy.Sealed(), nullable=False),
    sa.Column('suggested', sa.String(), nullable=False),
    sa.Column('label', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('weight', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_examples'))
    )
    op.create_index(op.f('ix_examples_case_number'), 'examples', ['case_number'], unique=False)
    op.create_table('fallbacks',
    sa.Column('area', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('area', name=op.f('pk_fallbacks'))
    )
    op.create_table('handled',
    sa.Column('message_id', sa.BigInteger(), nullable=False),
    sa.Column('handler', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('message_id', 'handler', name=op.f('pk_handled'))
    )
    op.create_table('notices',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('case_number', sa.String(), nullable=False),
    sa.Column('rung', sa.String(), nullable=False),
    sa.Column('text', sa.String(), nullable=False),
    sa.Column('read_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices'))
    )
    op.create_index('ix_notices_to', 'notices', ['user', 'department', 'role', 'id'], unique=False)
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('payload', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('created_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('ready_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('attempts', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('done_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('error', sa.String(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox'))
    )
    op.create_index('ix_outbox_waiting', 'outbox', ['ready_at', 'id'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('revisions',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('version', sa.BigInteger(), nullable=False),
    sa.Column('state', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisions')),
    sa.UniqueConstraint('code', 'version', name=op.f('uq_revisions_code_version'))
    )
    op.create_table('same_requests',
    sa.Column('key', sa.String(), nullable=False),
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_same_requests'))
    )
    op.create_table('seals',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('first', sa.BigInteger(), nullable=False),
    sa.Column('last', sa.BigInteger(), nullable=False),
    sa.Column('rows', sa.BigInteger(), nullable=False),
    sa.Column('previous', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_seals'))
    )
    op.create_table('tokens',
    sa.Column('digest', sa.String(), nullable=False),
    sa.Column('user', sa.String(), nullable=False),
    sa.Column('created_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_tokens'))
    )
    op.create_table('users',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('shown', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('phone_uri', sa.String(), nullable=False),
    sa.Column('password', sa.String(), nullable=False),
    sa.Column('active', sa.Boolean(), server_default='true', nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_users'))
    )
    op.create_index(op.f('ix_users_department'), 'users', ['department'], unique=False)
    op.create_table('assignments',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('part', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('round', sa.BigInteger(), nullable=False),
    sa.Column('sent_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('delivered_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('signed_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('contacted_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('replied_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('returned_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('opinion', sa.String(), nullable=False),
    sa.Column('extensions', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('again', sa.Boolean(), server_default='false', nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_assignments_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_assignments'))
    )
    op.create_index(op.f('ix_assignments_case_id'), 'assignments', ['case_id'], unique=False)
    op.create_index('ix_assignments_department', 'assignments', ['department', 'status', 'case_id'], unique=False)
    op.create_table('chat_messages',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('chat_id', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('client_id', sa.String(), nullable=False),
    sa.Column('text', hotline.privacy.Sealed(), nullable=False),
    sa.ForeignKeyConstraint(['chat_id'], ['chats.id'], name=op.f('fk_chat_messages_chat_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_chat_messages')),
    sa.UniqueConstraint('chat_id', 'client_id', name=op.f('uq_chat_messages_chat_id_client_id'))
    )
    op.create_index(op.f('ix_chat_messages_chat_id'), 'chat_messages', ['chat_id'], unique=False)
    op.create_table('clocks',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('clock', sa.String(), nullable=False),
    sa.Column('department', sa.String(), server_default='', nullable=False),
    sa.Column('round', sa.BigInteger(), server_default='1', nullable=False),
    sa.Column('started_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('due_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('stopped_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('outcome', sa.String(), server_default='', nullable=False),
    sa.Column('paused_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('provisional', sa.Boolean(), nullable=False),
    sa.Column('explain', sa.String(), nullable=False),
    sa.Column('limit_amount', sa.BigInteger(), nullable=False),
    sa.Column('limit_unit', sa.String(), nullable=False),
    sa.Column('calendar_version', sa.String(), nullable=False),
    sa.Column('extended', sa.Boolean(), server_default='false', nullable=False),
    sa.Column('next_rung', sa.String(), server_default='', nullable=False),
    sa.Column('next_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_clocks_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_clocks'))
    )
    op.create_index(op.f('ix_clocks_case_id'), 'clocks', ['case_id'], unique=False)
    op.create_index('ix_clocks_due', 'clocks', ['clock', 'due_at'], unique=False)
    op.create_index('ix_clocks_next', 'clocks', ['next_at'], unique=False, postgresql_where=sa.text('next_at IS NOT NULL'))
    op.create_index('ix_clocks_open_due', 'clocks', ['due_at'], unique=False, postgresql_where=sa.text('stopped_at IS NULL'))
    op.create_table('history',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('seq', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('action', sa.String(), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('before', sa.String(), nullable=False),
    sa.Column('after', sa.String(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('words', hotline.privacy.Sealed(), nullable=False),
    sa.Column('words_digest', sa.String(), nullable=False),
    sa.Column('previous', sa.String(), nullable=False),
    sa.Column('hash', sa.String(), nullable=False),
    sa.Column('seal', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_history_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history')),
    sa.UniqueConstraint('case_id', 'seq', name=op.f('uq_history_case_id_seq'))
    )
    op.create_index('ix_history_at', 'history', ['at'], unique=False)
    op.create_index('ix_history_unsealed', 'history', ['id'], unique=False, postgresql_where=sa.text('seal IS NULL'))
    op.create_table('ratings',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('round', sa.BigInteger(), nullable=False),
    sa.Column('level', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('channel', sa.String(), nullable=False),
    sa.Column('anonymous', sa.Boolean(), nullable=False),
    sa.Column('words', hotline.privacy.Sealed(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_ratings_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ratings')),
    sa.UniqueConstraint('case_id', 'round', name=op.f('uq_ratings_case_id_round'))
    )
    op.create_index(op.f('ix_ratings_at'), 'ratings', ['at'], unique=False)
    op.create_table('replies',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('round', sa.BigInteger(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('facts', sa.String(), nullable=False),
    sa.Column('solved', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('internal', hotline.privacy.Sealed(), nullable=False),
    sa.Column('public', hotline.privacy.Sealed(), nullable=False),
    sa.Column('passed_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('passed_by', sa.String(), server_default='', nullable=False),
    sa.Column('sent_back', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'::jsonb"), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_replies_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_replies'))
    )
    op.create_index(op.f('ix_replies_case_id'), 'replies', ['case_id'], unique=False)
    op.create_table('requests',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('days', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('decided_at', hotline.db.Instant(timezone=True), nullable=True),
    sa.Column('decided_by', sa.String(), server_default='', nullable=False),
    sa.Column('verdict', sa.String(), server_default='', nullable=False),
    sa.Column('verdict_reason', sa.String(), server_default='', nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_requests_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_requests'))
    )
    op.create_index(op.f('ix_requests_case_id'), 'requests', ['case_id'], unique=False)
    op.create_table('revisits',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('round', sa.BigInteger(), nullable=False),
    sa.Column('at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('by', sa.String(), nullable=False),
    sa.Column('reached', sa.Boolean(), nullable=False),
    sa.Column('contacted_by_department', sa.Boolean(), nullable=True),
    sa.Column('solved', sa.Boolean(), nullable=True),
    sa.Column('satisfaction', sa.BigInteger(), nullable=True),
    sa.Column('words', hotline.privacy.Sealed(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_revisits_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_revisits'))
    )
    op.create_index(op.f('ix_revisits_at'), 'revisits', ['at'], unique=False)
    op.create_index(op.f('ix_revisits_case_id'), 'revisits', ['case_id'], unique=False)
    op.create_table('rungs',
    sa.Column('id', sa.BigInteger(), nullable=False),
    sa.Column('clock_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger(), nullable=False),
    sa.Column('rung', sa.String(), nullable=False),
    sa.Column('due_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('fired_at', hotline.db.Instant(timezone=True), nullable=False),
    sa.Column('reached', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['clock_id'], ['clocks.id'], name=op.f('fk_rungs_clock_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_rungs')),
    sa.UniqueConstraint('clock_id', 'rung', name=op.f('uq_rungs_clock_id_rung'))
    )
    op.create_index(op.f('ix_rungs_case_id'), 'rungs', ['case_id'], unique=False)
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.execute("DROP TRIGGER history_append_only ON history; DROP FUNCTION history_is_append_only()")
    op.drop_index(op.f('ix_rungs_case_id'), table_name='rungs')
    op.drop_table('rungs')
    op.drop_index(op.f('ix_revisits_case_id'), table_name='revisits')
    op.drop_index(op.f('ix_revisits_at'), table_name='revisits')
    op.drop_table('revisits')
    op.drop_index(op.f('ix_requests_case_id'), table_name='requests')
    op.drop_table('requests')
    op.drop_index(op.f('ix_replies_case_id'), table_name='replies')
    op.drop_table('replies')
    op.drop_index(op.f('ix_ratings_at'), table_name='ratings')
    op.drop_table('ratings')
    op.drop_index('ix_history_unsealed', table_name='history', postgresql_where=sa.text('seal IS NULL'))
    op.drop_index('ix_history_at', table_name='history')
    op.drop_table('history')
    op.drop_index('ix_clocks_open_due', table_name='clocks', postgresql_where=sa.text('stopped_at IS NULL'))
    op.drop_index('ix_clocks_next', table_name='clocks', postgresql_where=sa.text('next_at IS NOT NULL'))
    op.drop_index('ix_clocks_due', table_name='clocks')
    op.drop_index(op.f('ix_clocks_case_id'), table_name='clocks')
    op.drop_table('clocks')
    op.drop_index(op.f('ix_chat_messages_chat_id'), table_name='chat_messages')
    op.drop_table('chat_messages')
    op.drop_index('ix_assignments_department', table_name='assignments')
    op.drop_index(op.f('ix_assignments_case_id'), table_name='assignments')
    op.drop_table('assignments')
    op.drop_index(op.f('ix_users_department'), table_name='users')
    op.drop_table('users')
    op.drop_table('tokens')
    op.drop_table('seals')
    op.drop_table('same_requests')
    op.drop_table('revisions')
    op.drop_index('ix_outbox_waiting', table_name='outbox', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_table('outbox')
    op.drop_index('ix_notices_to', table_name='notices')
    op.drop_table('notices')
    op.drop_table('handled')
    op.drop_table('fallbacks')
    op.drop_index(op.f('ix_examples_case_number'), table_name='examples')
    op.drop_table('examples')
    op.drop_table('drafts')
    op.drop_table('departments')
    op.drop_index(op.f('ix_chats_state'), table_name='chats')
    op.drop_table('chats')
    op.drop_table('categories')
    op.drop_table('catalogue')
    op.drop_index('ix_cases_state_id', table_name='cases')
    op.drop_index('ix_cases_phone', table_name='cases')
    op.drop_index('ix_cases_matter', table_name='cases')
    op.drop_index('ix_cases_lead', table_name='cases')
    op.drop_index(op.f('ix_cases_call'), table_name='cases')
    op.drop_table('cases')
    op.drop_index('ix_calls_waiting', table_name='calls', postgresql_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_calls_invite', table_name='calls')
    op.drop_index(op.f('ix_calls_caller_index'), table_name='calls')
    op.drop_table('calls')
    op.drop_index(op.f('ix_callbacks_state'), table_name='callbacks')
    op.drop_index(op.f('ix_callbacks_caller_index'), table_name='callbacks')
    op.drop_table('callbacks')
    op.drop_table('call_events_seen')
    op.drop_index(op.f('ix_articles_state'), table_name='articles')
    op.drop_table('articles')
    op.drop_table('areas')
    op.drop_table('alarms')
    op.drop_table('agent_seats')
    op.execute(sa.schema.DropSequence(sa.Sequence("case_numbers")))
