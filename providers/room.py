"""The room of the lists that are imported: lists of companies, workers and service items."""

from kit.room import ImportKind, Room
from providers import imports
from providers.policy import POLICY

ROOM = Room(
    name="providers",
    imports=(
        ImportKind(
            name="providers",
            take_in=imports.companies,
            columns=imports.COMPANY_COLUMNS,
            action="providers.import",
            zh="服务企业及合同",
            en="companies and their contracts",
            key=("uscc",),
            refuses=(
                "table.duplicate",
                "company.taken",
                "company.bank_account_taken",
                "certificate.expired",
                "contract.invalid",
                "contract.unlicensed",
                "item.unknown",
            ),
        ),
        ImportKind(
            name="workers",
            take_in=imports.workers,
            columns=imports.WORKER_COLUMNS,
            action="workers.import",
            zh="服务人员",
            en="workers",
            key=("uscc", "id_no"),
            refuses=(
                "table.duplicate",
                "company.not_found",
                "worker.taken",
                "worker.sex_contradicts",
                "place.swapped",
                "place.out_of_range",
                "place.not_in_china",
                "certificate.expired",
                "certificate.taken",
                "shift.invalid",
                "shift.overlaps",
            ),
        ),
        ImportKind(
            name="catalogue",
            take_in=imports.items,
            columns=imports.ITEM_COLUMNS,
            action="catalogue.import",
            zh="服务项目与价格",
            en="service items and prices",
            key=("code", "valid_from"),
            refuses=("table.duplicate", "item.taken"),
        ),
    ),
    policy=POLICY,
)
