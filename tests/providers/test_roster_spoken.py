"""Companies and workers are named in rows and sentences as people name them."""

import pytest

from providers.roster.spoken import company_called, worker_called


@pytest.mark.parametrize(
    ("name", "spoken"), [("李秀英", "李师傅"), ("欧阳敏", "欧阳师傅"), ("东方", "东师傅"), ("B", "B师傅")]
)
def test_a_worker_is_called_by_the_surname(name: str, spoken: str) -> None:
    assert worker_called(name) == spoken


@pytest.mark.parametrize(
    ("name", "spoken"),
    [
        ("康宁护理服务有限公司", "康宁护理"),
        ("暖阳家政有限责任公司", "暖阳家政"),
        ("邻里股份有限公司", "邻里"),
        ("服务有限公司", "服务"),
        ("有限公司", "有限公司"),
        ("银桥社区卫生服务中心", "银桥社区卫生服务中心"),
        ("Northwind Care", "Northwind Care"),
    ],
)
def test_a_company_is_called_without_its_legal_form(name: str, spoken: str) -> None:
    assert company_called(name) == spoken
