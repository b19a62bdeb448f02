"""Skill groups and places in the queue, marks of callers, what people did with calls, quality review."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import hotline.db
import hotline.privacy

revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None
_NONE = sa.text("'{}'::jsonb")


def _text(name: str, default: str | None = '') -> sa.Column:
    return sa.Column(name, sa.String(), server_default=default, nullable=False)


def _instant(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, hotline.db.Instant(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column('calls', _text('direction', 'in'))
    op.add_column('calls', _text('skill_group'))
    op.add_column('calls', _instant('rank_at'))
    op.add_column('calls', _text('wanted_agent'))
    op.add_column('calls', sa.Column('known', postgresql.JSONB(), server_default=sa.text("'[]'::jsonb"), nullable=False))
    op.add_column('calls', _instant('announced_at'))
    op.add_column('calls', sa.Column('talk', postgresql.JSONB(), server_default=_NONE, nullable=False))
    op.add_column('calls', _text('purpose'))
    op.add_column('calls', _text('cause'))
    op.add_column('calls', sa.Column('callback', sa.BigInteger(), nullable=True))
    op.create_index('ix_calls_rank', 'calls', ['skill_group', 'rank_at', 'id'], postgresql_where=sa.text("state = 'waiting'"))
    op.create_index('ix_calls_open', 'calls', ['connector'], postgresql_where=sa.text("state <> 'ended'"))
    op.add_column('agent_seats', _instant('rung_at'))
    op.add_column('agent_seats', _text('last_call'))
    op.add_column('callbacks', _instant('rank_at'))
    op.add_column('callbacks', sa.Column('tries', sa.BigInteger(), server_default='0', nullable=False))
    op.create_table(
        'caller_marks',
        sa.Column('id', sa.BigInteger(), nullable=False),
        sa.Column('caller', hotline.privacy.Sealed(), nullable=False),
        _text('caller_index', None),
        _text('mark', None),
        _text('state', None),
        _text('reason', None),
        _text('call'),
        _text('by', None),
        _instant('at', nullable=False),
        _text('decided_by'),
        _instant('decided_at'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_caller_marks')),
        sa.UniqueConstraint('caller_index', 'mark', name=op.f('uq_caller_marks_caller_index_mark')),
    )
    op.create_index(op.f('ix_caller_marks_state'), 'caller_marks', ['state'])
    op.create_table(
        'call_acts',
        sa.Column('id', sa.BigInteger(), nullable=False),
        _instant('at', nullable=False),
        _text('by', None),
        _text('what', None),
        _text('call'),
        _text('agent'),
        _text('reason'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_call_acts')),
    )
    op.create_index('ix_call_acts_agent', 'call_acts', ['agent', 'id'])
    op.create_index(op.f('ix_call_acts_call'), 'call_acts', ['call'])
    op.create_table(
        'quality_checks',
        sa.Column('id', sa.BigInteger(), nullable=False),
        _text('call', None),
        _text('agent', None),
        _instant('drawn_at', nullable=False),
        _text('by'),
        _instant('at'),
        sa.Column('score', sa.BigInteger(), nullable=True),
        sa.Column('points', postgresql.JSONB(), server_default=_NONE, nullable=False),
        _text('note'),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_quality_checks')),
        sa.UniqueConstraint('call', name=op.f('uq_quality_checks_call')),
    )
    op.create_index(op.f('ix_quality_checks_agent'), 'quality_checks', ['agent'])


def downgrade() -> None:
    for table in ('quality_checks', 'call_acts', 'caller_marks'):
        op.drop_table(table)
    for column in ('tries', 'rank_at'):
        op.drop_column('callbacks', column)
    for column in ('last_call', 'rung_at'):
        op.drop_column('agent_seats', column)
    for index in ('ix_calls_open', 'ix_calls_rank'):
        op.drop_index(index, 'calls')
    for column in ('callback', 'cause', 'purpose', 'talk', 'announced_at', 'known', 'wanted_agent', 'rank_at', 'skill_group', 'direction'):
        op.drop_column('calls', column)
