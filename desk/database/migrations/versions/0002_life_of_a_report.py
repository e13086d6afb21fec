"""the life of a filed report: case number, agency, duplicate, and its steps."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("report") as report:
        report.add_column(sa.Column("case_number", sa.String(length=32), nullable=True))
        report.add_column(sa.Column("agency", sa.String(length=64), nullable=True))
        report.add_column(sa.Column("duplicate_of_id", ROW_ID, nullable=True))
        report.create_unique_constraint("uq_report_case_number", ["case_number"])
        report.create_foreign_key(
            "fk_report_duplicate_of_id_report", "report", ["duplicate_of_id"], ["id"]
        )
    op.create_table(
        "report_step",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("report_id", ROW_ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("staff_id", ROW_ID, nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("added", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report.id"], name="fk_report_step_report_id_report"
        ),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name="fk_report_step_staff_id_staff"),
        sa.PrimaryKeyConstraint("id", name="pk_report_step"),
    )
    op.create_index("ix_report_step", "report_step", ["report_id", "id"])


def downgrade() -> None:
    op.drop_table("report_step")
    with op.batch_alter_table("report") as report:
        report.drop_constraint("fk_report_duplicate_of_id_report", type_="foreignkey")
        report.drop_constraint("uq_report_case_number", type_="unique")
        report.drop_column("duplicate_of_id")
        report.drop_column("agency")
        report.drop_column("case_number")
