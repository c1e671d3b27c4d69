"""What is known of every named variant without importing torch.

Of torchvision's networks that are no ResNets it is what they are for and what they take.

Parameters and MACs are those that this tool counts for the default input; a test holds each
against a fresh trace and the names against torchvision's registry. How much the heads of the
two-stage detectors compute depends on how many proposals an image yields: for the three whose
trace differs from torchvision's published figure for that reason, it is the published one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from resnet_inspect.errors import UnknownName


@dataclass(frozen=True, slots=True)
class Variant:
    """A network that can be named."""

    name: str
    """As a user writes it, with the prefix of its source: "resnet50", "timm:resnet50d"."""
    family: str
    """What it is for, "classification", or the kin it belongs to."""
    block: str = ""
    """The kind of its blocks; "" where it is not known before the network is built."""
    depths: tuple[int, ...] = ()
    """Blocks per stage; () where not known."""
    parameters: int | None = None
    macs: int | None = None
    """Multiply-accumulates for one default input."""
    input: tuple[int, ...] = (1, 3, 224, 224)
    """Default input shape, batch first; a detector gets it as a list of images."""


_TABLE = """
resnet18                   classification basic      2-2-2-2   11689512   1814073344 1x3x224x224
resnet34                   classification basic      3-4-6-3   21797672   3663761408 1x3x224x224
resnet50                   classification bottleneck 3-4-6-3   25557032   4089184256 1x3x224x224
resnet101                  classification bottleneck 3-4-23-3  44549160   7801405440 1x3x224x224
resnet152                  classification bottleneck 3-8-36-3  60192808  11513626624 1x3x224x224
resnext50_32x4d            classification bottleneck 3-4-6-3   25028904   4230479872 1x3x224x224
resnext101_32x8d           classification bottleneck 3-4-23-3  88791336  16414015488 1x3x224x224
resnext101_64x4d           classification bottleneck 3-4-23-3  83455272  15460270080 1x3x224x224
wide_resnet50_2            classification bottleneck 3-4-6-3   68883240  11398021120 1x3x224x224
wide_resnet101_2           classification bottleneck 3-4-23-3 126886696  22753050624 1x3x224x224
quantized_resnet18         quantizable    basic      2-2-2-2   11689512   1814073344 1x3x224x224
quantized_resnet50         quantizable    bottleneck 3-4-6-3   25557032   4089184256 1x3x224x224
quantized_resnext101_32x8d quantizable    bottleneck 3-4-23-3  88791336  16414015488 1x3x224x224
quantized_resnext101_64x4d quantizable    bottleneck 3-4-23-3  83455272  15460270080 1x3x224x224
fcn_resnet50               segmentation   bottleneck 3-4-6-3   32957013 142725772800 1x3x520x520
fcn_resnet101              segmentation   bottleneck 3-4-23-3  51949141 222746867200 1x3x520x520
deeplabv3_resnet50         segmentation   bottleneck 3-4-6-3   39638869 168731205888 1x3x520x520
deeplabv3_resnet101        segmentation   bottleneck 3-4-23-3  58630997 248752300288 1x3x520x520
fasterrcnn_resnet50_fpn    detection      bottleneck 3-4-6-3   41808406 134380000000 1x3x800x800
fasterrcnn_resnet50_fpn_v2 detection      bottleneck 3-4-6-3   43712278 280370729472 1x3x800x800
maskrcnn_resnet50_fpn      detection      bottleneck 3-4-6-3   44454513 134380000000 1x3x800x800
maskrcnn_resnet50_fpn_v2   detection      bottleneck 3-4-6-3   46359409 333577359872 1x3x800x800
keypointrcnn_resnet50_fpn  detection      bottleneck 3-4-6-3   59190378 133924000000 1x3x800x800
retinanet_resnet50_fpn     detection      bottleneck 3-4-6-3   34068119 151540437248 1x3x800x800
retinanet_resnet50_fpn_v2  detection      bottleneck 3-4-6-3   38198935 152238199040 1x3x800x800
fcos_resnet50_fpn          detection      bottleneck 3-4-6-3   32322720 128207052800 1x3x800x800
r3d_18                     video          basic      2-2-2-2   33371472  40696553472 1x3x16x112x112
mc3_18                     video          basic      2-2-2-2   11695440  43342635008 1x3x16x112x112
r2plus1d_18                video          basic      2-2-2-2   31505325  40519080960 1x3x16x112x112
paper:plain18              paper          plain      2-2-2-2     11515688  1794805760 1x3x224x224
paper:plain34              paper          plain      3-4-6-3     21623848  3644493824 1x3x224x224
paper:resnet18             paper          basic      2-2-2-2     11515688  1794805760 1x3x224x224
paper:resnet34             paper          basic      3-4-6-3     21623848  3644493824 1x3x224x224
paper:resnet34_b           paper          basic      3-4-6-3     21797672  3663761408 1x3x224x224
paper:resnet34_c           paper          basic      3-4-6-3     22716840  3830747136 1x3x224x224
paper:resnet50             paper          bottleneck 3-4-6-3     25557032  3857973248 1x3x224x224
paper:resnet101            paper          bottleneck 3-4-23-3    44549160  7570194432 1x3x224x224
paper:resnet152            paper          bottleneck 3-8-36-3    60192808 11282415616 1x3x224x224
paper:resnet18_v1_5        paper          basic      2-2-2-2     11689512  1814073344 1x3x224x224
paper:resnet34_v1_5        paper          basic      3-4-6-3     21797672  3663761408 1x3x224x224
paper:resnet50_v1_5        paper          bottleneck 3-4-6-3     25557032  4089184256 1x3x224x224
paper:resnet101_v1_5       paper          bottleneck 3-4-23-3    44549160  7801405440 1x3x224x224
paper:resnet152_v1_5       paper          bottleneck 3-8-36-3    60192808 11513626624 1x3x224x224
paper:cifar_plain20        paper          plain      3-3-3         269722    40551040 1x3x32x32
paper:cifar_plain32        paper          plain      5-5-5         464154    68862592 1x3x32x32
paper:cifar_plain44        paper          plain      7-7-7         658586    97174144 1x3x32x32
paper:cifar_plain56        paper          plain      9-9-9         853018   125485696 1x3x32x32
paper:cifar_resnet20       paper          basic      3-3-3         269722    40551040 1x3x32x32
paper:cifar_resnet32       paper          basic      5-5-5         464154    68862592 1x3x32x32
paper:cifar_resnet44       paper          basic      7-7-7         658586    97174144 1x3x32x32
paper:cifar_resnet56       paper          basic      9-9-9         853018   125485696 1x3x32x32
paper:cifar_resnet110      paper          basic      18-18-18     1727962   252887680 1x3x32x32
paper:cifar_resnet1202     paper          basic      200-200-200 19421274  2829238912 1x3x32x32
paper:cifar_resnet20_b     paper          basic      3-3-3         272474    40813184 1x3x32x32
paper:cifar_resnet32_b     paper          basic      5-5-5         466906    69124736 1x3x32x32
paper:cifar_resnet44_b     paper          basic      7-7-7         661338    97436288 1x3x32x32
paper:cifar_resnet56_b     paper          basic      9-9-9         855770   125747840 1x3x32x32
paper:cifar_resnet110_b    paper          basic      18-18-18     1730714   253149824 1x3x32x32
paper:cifar_resnet1202_b   paper          basic      200-200-200 19424026  2829501056 1x3x32x32
paper:preact_resnet110     paper          basic      18-18-18     1727962   252887680 1x3x32x32
paper:preact_resnet164     paper          bottleneck 18-18-18     1703258   244500992 1x3x32x32
paper:preact_resnet1001    paper          bottleneck 111-111-111 10327706  1487849984 1x3x32x32
paper:tutorial_resnet18    paper          basic      2-2-2-2     11173962   555422720 1x3x32x32
paper:tutorial_resnet34    paper          basic      3-4-6-3     21282122  1159402496 1x3x32x32
"""


def _read(line: str) -> Variant:
    name, family, block, depths, parameters, macs, shape = line.split()
    return Variant(
        name,
        family,
        block,
        tuple(map(int, depths.split("-"))),
        int(parameters),
        int(macs),
        tuple(map(int, shape.split("x"))),
    )


VARIANTS: dict[str, Variant] = {
    found.name: found for found in map(_read, _TABLE.strip().splitlines())
}
"""Every named variant, in the order that `resnet-inspect list` shows."""


_OTHERS = """
classification 1x3x224x224
    alexnet convnext_tiny convnext_small convnext_base convnext_large densenet121 densenet161
    densenet169 densenet201 efficientnet_b0 googlenet maxvit_t mnasnet0_5 mnasnet0_75 mnasnet1_0
    mnasnet1_3 mobilenet_v2 mobilenet_v3_small mobilenet_v3_large regnet_x_400mf regnet_x_800mf
    regnet_x_1_6gf regnet_x_3_2gf regnet_x_8gf regnet_x_16gf regnet_x_32gf regnet_y_400mf
    regnet_y_800mf regnet_y_1_6gf regnet_y_3_2gf regnet_y_8gf regnet_y_16gf regnet_y_32gf
    regnet_y_128gf shufflenet_v2_x0_5 shufflenet_v2_x1_0 shufflenet_v2_x1_5 shufflenet_v2_x2_0
    squeezenet1_0 squeezenet1_1 swin_t swin_s swin_b vgg11 vgg11_bn vgg13 vgg13_bn vgg16 vgg16_bn
    vgg19 vgg19_bn vit_b_16 vit_b_32 vit_l_16 vit_l_32 vit_h_14
classification 1x3x240x240
    efficientnet_b1
classification 1x3x256x256
    swin_v2_t swin_v2_s swin_v2_b
classification 1x3x288x288
    efficientnet_b2
classification 1x3x299x299
    inception_v3
classification 1x3x300x300
    efficientnet_b3
classification 1x3x380x380
    efficientnet_b4
classification 1x3x384x384
    efficientnet_v2_s
classification 1x3x456x456
    efficientnet_b5
classification 1x3x480x480
    efficientnet_v2_m efficientnet_v2_l
classification 1x3x528x528
    efficientnet_b6
classification 1x3x600x600
    efficientnet_b7
segmentation 1x3x520x520
    deeplabv3_mobilenet_v3_large lraspp_mobilenet_v3_large
detection 1x3x300x300
    ssd300_vgg16
detection 1x3x320x320
    fasterrcnn_mobilenet_v3_large_320_fpn ssdlite320_mobilenet_v3_large
detection 1x3x800x800
    fasterrcnn_mobilenet_v3_large_fpn
video 1x3x16x224x224
    mvit_v1_b mvit_v2_s s3d swin3d_t swin3d_s swin3d_b
"""


def _read_others() -> Iterable[Variant]:
    family = ""
    shape: tuple[int, ...] = ()
    for line in _OTHERS.strip().splitlines():
        if line[0] != " ":
            family, sizes = line.split()
            shape = tuple(map(int, sizes.split("x")))
        else:
            yield from (Variant(name, family, input=shape) for name in line.split())


OTHERS: dict[str, Variant] = {found.name: found for found in _read_others()}
"""torchvision's networks that are no ResNets, by family; a test holds them against its registry."""

NAMED = VARIANTS | OTHERS
"""Whatever can be named without asking a source, the ResNets first."""


def variant(name: str) -> Variant:
    """The variant of that name.

    Raises `UnknownName`, with the nearest names, if there is none.
    """
    found = NAMED.get(name)
    if found is None:
        raise UnknownName("model", name, NAMED, see="`resnet-inspect list` shows every name")
    return found


PUBLISHED_MACS = frozenset(
    {"fasterrcnn_resnet50_fpn", "maskrcnn_resnet50_fpn", "keypointrcnn_resnet50_fpn"}
)
"""Variants whose MACs are torchvision's published figure (`weights.meta["_ops"]`)."""


def names(patterns: Iterable[str] = ()) -> list[str]:
    """The names that any of these globs matches; all of them for no glob."""
    wanted = list(patterns)
    return [n for n in NAMED if not wanted or any(fnmatchcase(n, p) for p in wanted)]
