"""How people ask in Chinese for one thing of a picture; see `english_instructions`."""

# Those that are tried were never seen in training, only their words were.
TEMPLATES = {
    "colour": {
        "train": (
            "把{it}变成{new}",
            "把{it}变成{new}的",
            "把{it}改成{new}",
            "把{it}涂成{new}",
            "把颜色改成{new}",
            "把{it}的颜色换成{new}",
            "让{it}变成{new}的",
            "{it}要{new}的",
            "{it}应该是{new}的",
            "我要{new}的",
            "换成{new}",
            "改成{new}的",
            "不要{old},要{new}",
            "不,{new}",
            "不对,是{new}的",
            "{new}的",
            "{new}",
            "把{it}染成{new}",
            "把{it}弄成{new}的",
            "颜色换成{new}",
            "我想要{new}的",
            "{it}能不能是{new}的",
            "不是{old},是{new}",
            "还是{new}吧",
        ),
        "test": (
            "请用{new}画{it}",
            "{it}的颜色变成{new}吧",
            "可以是{new}的吗",
            "来个{new}的",
            "{new}更好看",
            "别用{old},用{new}",
            "给{it}上{new}",
        ),
    },
    "shape": {
        "train": (
            "把{it}变成{new}",
            "把{it}变成一个{new}",
            "把{it}改成{new}",
            "把{it}换成{new}",
            "让{it}变成{new}",
            "{it}应该是{new}",
            "形状改成{new}",
            "我要一个{new}",
            "换成一个{new}",
            "画成{new}",
            "不要{old},要{new}",
            "不,{new}",
            "不对,是{new}",
            "{new}",
            "用{new}代替{it}",
            "把{it}弄成{new}",
            "形状换成{new}",
            "我想要{new}",
            "{it}能不能是{new}",
            "不是{old},是{new}",
            "还是{new}吧",
        ),
        "test": (
            "请画一个{new}",
            "{it}变成{new}吧",
            "可以是{new}吗",
            "来个{new}",
            "{new}更好看",
            "别画{old},画{new}",
        ),
    },
    "size": {
        "train": (
            "把{it}变{new}",
            "把{it}变{new}一点",
            "把{it}变得更{new}",
            "把{it}{verb}",
            "把{it}{verb}一些",
            "把{it}改成{new}的",
            "让{it}{new}一点",
            "{it}要{new}一些",
            "{it}太{old}了",
            "我要{new}的",
            "画{new}一点",
            "{verb}",
            "不,{new}一点",
            "再{new}一些",
            "{new}一点",
            "更{new}",
            "把{it}弄{new}一点",
            "把{it}画得{new}些",
            "我想要{new}一点的",
            "{it}能不能{new}一点",
            "不是{old}的,是{new}的",
            "还是{new}一点吧",
        ),
        "test": (
            "请把{it}画{new}点",
            "{it}再{new}点吧",
            "可以{new}一点吗",
            "来个{new}一点的",
            "{new}点更好看",
            "把{it}调{new}",
        ),
    },
    "position": {
        "train": (
            "把{it}移到{at}",
            "把{it}移动到{at}",
            "把{it}放到{at}",
            "把{it}放在{at}",
            "把{it}{way}移",
            "让{it}在{at}",
            "{it}应该在{at}",
            "{it}要在{at}",
            "我要它在{at}",
            "{way}移动",
            "移到{at}",
            "画在{at}",
            "不,{at}",
            "不对,在{at}",
            "在{at}",
            "{at}",
            "把{it}挪到{at}",
            "将{it}放在{at}",
            "{it}能不能在{at}",
            "我想要它在{at}",
            "请{way}挪",
            "还是{at}吧",
        ),
        "test": (
            "请画到{at}",
            "{it}移到{at}去吧",
            "可以在{at}吗",
            "摆到{at}",
            "在{at}更好看",
            "把{it}{way}推一推",
            "{it}挪去{at}",
        ),
    },
    "background": {
        "train": (
            "把背景变成{new}",
            "把背景改成{new}的",
            "把背景涂成{new}",
            "把{it}放在{new}背景上",
            "让背景变成{new}",
            "背景换成{new}",
            "背景改成{new}",
            "背景要{new}的",
            "背景应该是{new}的",
            "我要{new}背景",
            "画在{new}背景上",
            "不要{old}背景,要{new}背景",
            "不,{new}背景",
            "用{new}的背景",
            "{new}背景",
            "把背景弄成{new}",
            "把背景染成{new}的",
            "换个{new}的背景",
            "我想要{new}背景",
            "背景能不能是{new}的",
            "还是{new}背景吧",
        ),
        "test": (
            "请用{new}做背景",
            "背景变成{new}吧",
            "背景可以是{new}的吗",
            "来个{new}背景",
            "{new}背景更好看",
            "把{it}后面涂成{new}",
        ),
    },
}

# What a sentence may be wrapped in.
WRAPPINGS = {
    "train": (
        "请{}",
        "现在{}",
        "好的,{}",
        "麻烦{}",
        "{},谢谢",
        "帮我{}",
        "那么{}",
        "{}好吗",
    ),
    "test": ("可否{}", "嗨,{}", "{},拜托", "让我看看,{}"),
}

# `{shape}`, `{colour}` and `{size}` are those of the object that is there.
REFERENCES = (
    "它",
    "它",
    "它",
    "{shape}",
    "这个{shape}",
    "{colour}{shape}",
    "{colour}的{shape}",
    "{size}{shape}",
    "图形",
    "这个",
)

SIZES = {
    "small": {"new": ("小",), "verb": ("缩小", "改小")},
    "large": {"new": ("大",), "verb": ("放大", "改大")},
}

PLACES = {
    "left": {"at": ("左边", "左侧", "左面"), "way": ("往左", "向左")},
    "right": {"at": ("右边", "右侧", "右面"), "way": ("往右", "向右")},
    "top": {"at": ("上方", "顶部", "上面", "上边"), "way": ("往上", "向上")},
    "bottom": {"at": ("下方", "底部", "下面", "下边"), "way": ("往下", "向下")},
    "centre": {"at": ("中间", "中央", "中心"), "way": ("往中间", "向中间")},
}

# Sentences that ask for no edit; `{background}` is a colour that only they have.
OTHERS = {
    "train": (
        "你好",
        "谢谢",
        "这是什么",
        "你看到什么",
        "它是什么颜色",
        "{shape}在哪里",
        "描述一下这张图",
        "好看一点",
        "旋转一下",
        "我喜欢",
        "很好",
        "加上{thing}",
        "画{thing}",
        "变成{thing}",
        "去掉{shape}",
        "删除它",
        "把背景变成{colour}",
        "把它变成{background}",
        "为什么",
        "你是谁",
        "今天天气怎么样",
        "它有多高",
        "翻转一下",
        "不错",
        "换成{thing}",
        "早上好",
        "讲个笑话",
        "我要{thing}",
        "它是{shape}吗",
        "这个{shape}不错",
        "我看到一个{shape}",
        "在{shape}旁边画{thing}",
    ),
    "test": (
        "晚安",
        "有几个物体",
        "倒过来",
        "还可以",
        "可以是{thing}吗",
        "来{thing}",
        "唱首歌",
        "那个{shape}真漂亮",
    ),
}

THINGS = {
    "train": (
        "一只猫",
        "一只狗",
        "一座房子",
        "一棵树",
        "一辆汽车",
        "太阳",
        "一只鸟",
        "一朵花",
        "一条鱼",
        "一个人",
        "一座山",
        "一条船",
    ),
    "test": ("一匹马", "一列火车", "一朵云", "一根香蕉"),
}

# What else a sentence may hold, in any order: it tells nothing of the edit.
FILLERS = (
    "的 了 是 在 有 和 就 都 也 很 吧 吗 呢 啊 呀 嘛 嗯 哦 好 "
    "好的 行 可以 能 会 要 想 想要 应该 需要 希望 觉得 请 麻烦 帮 "
    "帮我 给 给我 让 使 被 把 将 用 拿 做 弄 搞 画 看 说 试 试试 "
    "换 改 变 调 设 成 为 作 作为 来 去 再 又 还 还是 或者 但是 "
    "不过 然后 那么 那 这 这个 那个 哪 什么 怎么 为什么 我 你 您 他 "
    "她 们 我们 你们 自己 今天 现在 以后 以前 时候 一些 一点 一个 "
    "一次 个 次 种 样 这样 那样 其实 真的 真 最 更 太 比较 稍微 "
    "可能 也许 一定 必须 只 只要 如果 因为 所以 图 图片 图像 画面 "
    "颜色 形状 位置 东西 物体 图形 样子 漂亮 好看 喜欢 谢谢 不好意思 "
    "对 不对 不是 不要 别 没 没有 请问 等等 重新 直接 全部 所有 其他 "
    "另外 新 同 同样 不同 像 跟 与 从 到 对于 关于 经 过 得 着 地 "
    "之 其 此 及 并 而 且 则 若 虽 然 却 才 刚 已 正 常 总 每 "
    "各 某 何 谁 几 多少 年 月 日 天 分 秒 钟 点 人 事 物 心 手 "
    "头 眼 口 水 火 山 石 田 土 木 金 电 车 书 字 文 话 音 声 "
    "家 国 学 校 工 厂 生 活 力 气 意 思 知 道 见 听 走 跑 飞 "
    "吃 喝 睡 坐 站 开 关 买 卖 送 找 问 答 教 写 读 记 忘 爱 "
    "恨 笑 哭 "
).split()
