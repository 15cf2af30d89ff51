"""What a district decides of the numbers that China gives: the area code of its telephones."""

from typing import Annotated, ClassVar

from pydantic import Field

from kit.rules.typed import About, ValueRule


class AreaCode(ValueRule[str]):
    """The area code that completes a landline number typed without one."""

    about: ClassVar[About] = About(
        name="district.area_code",
        proposed="0317",
        unit="digits",
        zh="本区固定电话的区号，用于补全不带区号的号码",
        en="Area code of the district's landlines, which completes numbers typed without one",
        source="proposed; 0317 is the area code of Cangzhou",
    )
    root: Annotated[str, Field(pattern=r"^0(10|2[0-9]|[3-9][0-9]{2})$")]
