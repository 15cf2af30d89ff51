"""The functions, constraints, policies, grants and triggers of a database, read from its catalogue as SQL statements.

Alembic compares tables with the models; functions, constraints by expression, row policies, grants and triggers it does
not see. Each of them is one `Piece` here, so that two databases can be compared, and one be led to the other.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, text

_PIECES = text(r"""
with function as (
  select p.oid, p.oid::regprocedure::text as name, p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)) as acl
  from pg_proc p where p.pronamespace = 'public'::regnamespace
), relation as (
  select c.oid, c.relkind, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity,
         quote_ident(c.relname) as name,
         case c.relkind when 'S' then 'sequence ' else '' end as noun,
         coalesce((select quote_ident(t.relname) from pg_depend d join pg_class t on t.oid = d.refobjid
                   where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype in ('a', 'i')
                     and c.relkind = 'S' limit 1), quote_ident(c.relname)) as owner_table
  from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'S')
    and c.relname <> 'alembic_version'
), granted as (
  select r.oid, a.grantee, lower(a.privilege_type) as privilege from relation r, aclexplode(r.relacl) a
  union all
  select r.oid, a.grantee,
         lower(a.privilege_type) || ' (' || string_agg(quote_ident(c.attname), ', ' order by c.attnum) || ')'
  from relation r join pg_attribute c on c.attrelid = r.oid and not c.attisdropped, aclexplode(c.attacl) a
  group by r.oid, a.grantee, a.privilege_type
)
select 1 as kind, name as key, null as of_table, trim(trailing E'\n' from pg_get_functiondef(oid)) as make,
       'drop function ' || name as undo
from function
union all
select 2, name, null, 'revoke all on function ' || name || ' from public',
       'grant execute on function ' || name || ' to public'
from function where not exists (select from aclexplode(acl) a where a.grantee = 0)
union all
select 3, name || ' ' || a.grantee::regrole, null, 'grant execute on function ' || name || ' to ' || a.grantee::regrole,
       'revoke all on function ' || name || ' from ' || a.grantee::regrole
from function, aclexplode(acl) a where a.grantee not in (0, proowner)
union all
select 4, r.name || ' ' || k.conname, r.name,
       format('alter table %s add constraint %I %s', r.name, k.conname, pg_get_constraintdef(k.oid)),
       format('alter table %s drop constraint %I', r.name, k.conname)
from relation r join pg_constraint k on k.conrelid = r.oid where k.contype in ('c', 'x')
union all
select 5, name || ' enabled', name, 'alter table ' || name || ' enable row level security',
       'alter table ' || name || ' disable row level security'
from relation where relrowsecurity
union all
select 5, name || ' forced', name, 'alter table ' || name || ' force row level security',
       'alter table ' || name || ' no force row level security'
from relation where relforcerowsecurity
union all
select 6, format('%I %I', p.tablename, p.policyname), quote_ident(p.tablename),
       format('create policy %I on %I as %s for %s to %s', p.policyname, p.tablename, p.permissive, p.cmd,
              array_to_string(p.roles, ', '))
         || coalesce(' using (' || p.qual || ')', '') || coalesce(' with check (' || p.with_check || ')', ''),
       format('drop policy %I on %I', p.policyname, p.tablename)
from pg_policies p where p.schemaname = 'public'
union all
select 7, r.name || ' ' || g.grantee::regrole, r.owner_table,
       'grant ' || string_agg(g.privilege, ', ' order by g.privilege) || ' on '
         || r.noun || r.name || ' to ' || g.grantee::regrole,
       'revoke all on ' || r.noun || r.name || ' from ' || g.grantee::regrole
from relation r join granted g on g.oid = r.oid where g.grantee <> r.relowner
group by r.name, r.owner_table, r.noun, g.grantee
union all
select 8, r.name || ' ' || t.tgname, r.name, pg_get_triggerdef(t.oid), format('drop trigger %I on %s', t.tgname, r.name)
from relation r join pg_trigger t on t.tgrelid = r.oid where not t.tgisinternal
""")
FUNCTION, CONSTRAINT = 1, 4


@dataclass(frozen=True, slots=True)
class Piece:
    """One function, constraint, policy, grant or trigger: the table it belongs to, what makes it and what undoes it."""

    table: str | None
    make: str
    undo: str


Shape = dict[tuple[int, str], Piece]
"""Pieces by the order of making and by name; 1 to 3 must be there before any table."""


def read(connection: Connection) -> Shape:
    """Read the pieces of the connection's database, in the order in which they can be made."""
    rows = connection.execute(_PIECES).all()
    return {(row.kind, row.key): Piece(row.of_table, row.make, row.undo) for row in sorted(rows, key=lambda r: r[:2])}


def steps(present: Shape, wanted: Shape, *, new: Collection[str], gone: Collection[str]) -> tuple[list[str], list[str]]:
    """Return the statements before and after the change of tables that lead from one shape to the other.

    A table that is `new` is made with its constraints, and one that is `gone` takes its pieces along.
    """
    lost = [name for name, piece in present.items() if wanted.get(name) != piece and piece.table not in gone]
    made = [name for name, piece in wanted.items() if present.get(name) != piece]
    made = [name for name in made if not (name[0] == CONSTRAINT and wanted[name].table in new)]
    # A function is replaced where it stands, for policies hold on to it; one that nobody wants goes last of all.
    before = [present[name].undo for name in reversed(lost) if name[0] != FUNCTION]
    before += [wanted[name].make for name in made if name[0] < CONSTRAINT]
    after = [wanted[name].make for name in made if name[0] >= CONSTRAINT]
    after += [present[name].undo for name in lost if name[0] == FUNCTION and name not in wanted]
    return before, after
