"""Characters that the eye does not tell apart: what is invisible falls away, what looks alike is compared as equal.

Text keeps the characters in which it was typed, but for the invisible ones. Only where a word is looked up (a header, a
choice, a code, the name of a place) are look-alikes folded, on both sides of the comparison.
"""

import re
import unicodedata
from typing import Final

# Default_Ignorable_Code_Point of Unicode 17 (DerivedCoreProperties.txt): format marks, joiners, fillers, variation
# selectors, tags. The standard library knows general categories only, and Cf also holds marks that are seen.
_INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
_LETTERS: Final = str.maketrans(
    "АВСЕНІЈКМОРЅТХУаеосрхуіјѕΑΒΕΖΗΙΚΜΝΟΡΤΥΧοⅩⅹ×✕",
    "ABCEHIJKMOPSTXYaeocpxyijsABEZHIKMNOPTYXoXxXX",
)
_SIGNS: Final = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－─━", "-") | dict.fromkeys("•‧・･∙⋅", "·"))
_TRADITIONAL: Final = (
    "來来係系個个們们備备傳传傷伤價价儀仪億亿償偿優优兒儿內内兩两冊册凍冻別别創创劃划劉刘劑剂動动務务勞劳勢势區区協协參参吳吴員员問问啟启喪丧單单嗎吗嚴严國国圍围園园圓元圖图團团執执堅坚報报場场塊块壓压壽寿"
    "夠够婦妇孫孙學学實实寧宁審审寫写寬宽寶宝將将專专對对導导屆届層层屬属島岛師师帳账幾几庫库廚厨廠厂廣广張张強强彈弹後后徑径從从復复愛爱態态慣惯慮虑慶庆憑凭應应戰战戲戏戶户掃扫掛挂採采換换損损搖摇撥拨擇择"
    "擔担據据擬拟擴扩攝摄敵敌數数斷断於于時时書书會会東东條条業业極极榮荣構构樂乐樓楼標标樣样橋桥機机橫横檔档檢检權权歡欢歲岁歷历歿殁殘残氣气決决沒没況况淨净減减測测準准溫温滄沧滅灭滿满漢汉潔洁濟济濱滨灣湾"
    "災灾為为無无煙烟熱热營营爭争爺爷牆墙狀状獎奖獨独現现環环產产畢毕畫画異异當当療疗發发監监盤盘眾众確确碼码礎础禮礼種种稱称積积穩稳窮穷節节範范築筑簡简簽签籌筹糧粮紀纪約约紅红納纳紙纸級级細细終终組组結结"
    "絡络給给統统經经綠绿維维網网緊紧線线緣缘編编緯纬練练縣县縮缩總总織织繫系罰罚聖圣聞闻聯联聲声職职聽听肅肃脈脉腦脑膚肤臨临與与興兴舉举舊旧莊庄華华萬万藍蓝藥药蘇苏處处號号術术衕同衚胡衛卫裏里補补裝装裡里"
    "製制複复見见規规視视親亲覺觉觀观訂订計计訊讯訓训記记訪访設设許许註注評评詞词詢询試试話话該该詳详認认語语誤误說说課课調调談谈請请論论證证識识護护變变讓让豐丰貝贝負负財财貧贫貨货責责貴贵買买貸贷費费資资"
    "賣卖質质賬账賴赖購购贈赠趙赵趨趋跡迹踐践車车軍军軟软載载輕轻輛辆輪轮轉转轎轿辦办農农連连週周進进運运過过達达遠远遷迁選选遺遗還还邊边鄉乡鄭郑鄰邻醫医釋释針针銀银錄录錢钱鎮镇鐘钟鐵铁鑰钥長长門门開开間间"
    "閱阅關关陽阳隊队階阶際际隨随險险雙双雜杂離离難难雲云電电靈灵靜静韓韩頁页項项順顺須须預预領领頭头頻频題题額额顏颜願愿類类顧顾風风飯饭飲饮養养館馆馬马駐驻驗验體体髮发鬆松魚鱼鳥鸟鹽盐麗丽麵面黃黄點点齊齐"
    "齡龄龍龙"
)
_SIMPLIFIED: Final = str.maketrans(dict(zip(_TRADITIONAL[::2], _TRADITIONAL[1::2], strict=True)))


def visible(text: str) -> str:
    """Return a text without the characters that nobody sees: direction marks, zero-width blanks, joiners, tags."""
    return text if text.isascii() else _INVISIBLE.sub("", text)


def narrow_signs(text: str) -> str:
    """Return a number, day or code with the dashes, minus signs and middle dots of any keyboard as the plain ones."""
    return text if text.isascii() else text.translate(_SIGNS)


def latin(text: str) -> str:
    """Return a code with the Cyrillic and Greek letters, and the multiplication sign, that look like Latin ones."""
    return text if text.isascii() else visible(text).translate(_LETTERS)


def folded(word: str) -> str:
    """Return the form in which a word is compared: width, case, blanks, dashes and script do not matter.

    Traditional characters become simplified ones, as far as headers, choices and names of places use them.
    """
    plain = unicodedata.normalize("NFKC", visible(word).translate(_SIGNS))
    return "".join(plain.translate(_LETTERS).translate(_SIMPLIFIED).casefold().split())
