"""Words in English and Chinese. English is the key; scripts/qgis_plugin_check.py finds gaps."""

_LANGUAGE = "en"


def set_language(locale):
    """Chinese for any Chinese locale of QGIS, else English."""
    global _LANGUAGE
    _LANGUAGE = "zh" if (locale or "").lower().startswith("zh") else "en"


def language():
    """`zh` or `en`."""
    return _LANGUAGE


def tr(text):
    """The text in the language of QGIS."""
    return CHINESE.get(text, text) if _LANGUAGE == "zh" else text


def tr_in(text, chosen):
    """The text in a language of outputs: `en`, `zh` or `both`."""
    chinese = CHINESE.get(text, text)
    return {"en": text, "zh": chinese}.get(chosen, "{0} {1}".format(chinese, text))


def said(told, key):
    """A text of the engine in the language of QGIS: Chinese stands beside English as `<key>_zh`."""
    return (told.get(key + "_zh") if _LANGUAGE == "zh" else None) or told.get(key)


def in_language(label):
    """A name with `en` and `zh` in the language of QGIS."""
    return label.get(_LANGUAGE) or label.get("en") or label.get("zh") or ""


CHINESE = {
    # the engine
    "The carbonzone engine was not found. Choose it (menu Plugins > carbonzone > Choose engine), or install it from a file "
    "(Processing > carbonzone > Install engine from a file).": "未找到 carbonzone 引擎。请在菜单“插件 > carbonzone > 选择引擎”中选择，"
    "或用“处理工具箱 > carbonzone > 从文件安装引擎”安装。",
    "this engine speaks another language: update the plugin or the engine": "引擎与插件的版本不匹配：请更新插件或引擎",
    "{0} is not the carbonzone engine (it answers: {1})": "{0} 不是 carbonzone 引擎（返回：{1}）",
    "{0} is carbonzone {1}; this plugin needs {2} or newer": "{0} 是 carbonzone {1}；本插件需要 {2} 或更新版本",
    "the engine ended with exit code {0}": "引擎以退出码 {0} 结束",
    "{0} cannot be started: {1}": "无法启动 {0}：{1}",
    "the engine's answer cannot be read: {0}": "无法读取引擎的输出：{0}",
    "cancelled; nothing was written": "已取消；未写入任何文件",
    "Choose engine…": "选择引擎…",
    "The carbonzone engine": "carbonzone 引擎",
    "carbonzone {0} will be used": "将使用 carbonzone {0}",
    # install
    "Install engine from a file": "从文件安装引擎",
    "Takes the engine out of a wheel (.whl) or zip that you downloaded, checks its SHA-256, and keeps it in your user profile. "
    "Nothing is downloaded and nothing is imported into QGIS.": "从已下载的 wheel（.whl）或 zip 文件中取出引擎，核对 SHA-256 后放入用户配置文件夹。"
    "不下载任何内容，也不导入到 QGIS 中。",
    "Wheel or zip with the engine": "含引擎的 wheel 或 zip 文件",
    "SHA-256 of the file": "文件的 SHA-256",
    "Engine": "引擎",
    "Version": "版本",
    "carbonzone {0} is installed: {1}": "已安装 carbonzone {0}：{1}",
    "a SHA-256 has 64 hexadecimal digits; it stands beside the download of the engine": "SHA-256 应为 64 位十六进制数，见引擎下载页",
    "the file is not the one you expect: its SHA-256 is {0}": "文件与预期不符：其 SHA-256 为 {0}",
    "the program in the file is too large to be the engine": "文件中的程序过大，不可能是引擎",
    "the file holds no {0} for this system": "文件中没有适用于本系统的 {0}",
    "{0} cannot be read: {1}": "无法读取 {0}：{1}",
    "{0} cannot be read": "无法读取 {0}",
    "{0} cannot be unpacked: {1}": "无法解压 {0}：{1}",
    # new city
    "New city from layers": "由图层新建城市",
    "Writes the pipeline file of a city from layers that are open in QGIS, and runs it. Needed: parcels with land-use codes or "
    "a land-cover raster, townships with population and GDP (or a table of them), and sector totals or a yearbook with "
    "activity data, from which the totals are computed. Points of interest, people and roads make the placement better. "
    "Layers in memory, with a filter, with joins, of a selection or in degrees are written to layers.gpkg beside the pipeline "
    "file; others are read where they are. Empty totals are left out.":
    "由 QGIS 中已打开的图层写出城市的配置文件并运行。必需：带地类编码的用地图斑或土地覆盖栅格、带人口和地区生产总值的乡镇（或另附表格）、"
    "各部门总量或含活动数据的年鉴（由其计算总量）。兴趣点、人口和道路使分配更准确。内存图层、带过滤或连接的图层、选中要素、经纬度图层会写入"
    "配置文件旁的 layers.gpkg；其余图层在原位置读取。留空的总量不计。",
    "My city": "我的城市",
    "Land-use parcels": "用地图斑",
    "Field with the land-use code": "地类编码字段",
    "Scheme of the codes": "编码体系",
    "GB/T 21010-2017, third survey": "GB/T 21010-2017，第三次国土调查",
    "GB/T 21010-2007, second survey": "GB/T 21010-2007，第二次土地调查",
    "Land and sea use 2023 (planning)": "用地用海分类（2023，规划）",
    "EULUC-China": "EULUC-China（城市土地利用）",
    "OpenStreetMap tags": "OpenStreetMap 标签",
    "CORINE": "CORINE（欧洲土地覆盖）",
    "ESA WorldCover (land cover)": "ESA WorldCover（土地覆盖）",
    "CLCD (land cover)": "CLCD（土地覆盖）",
    "Instead of parcels: land cover as a raster": "或以土地覆盖栅格代替图斑",
    "Own table of land-use codes: CSV with columns code, space_type": "自定义地类编码表：含 code、space_type 列的 CSV",
    "{0} has no columns code and space_type": "{0} 缺少 code 和 space_type 列",
    "The table of codes has no space type for {0}: {1}": "编码表中没有可承载“{0}”的空间类型：{1}",
    "Townships (or counties)": "乡镇街道（或区县）",
    "Field with the identifier of a township": "乡镇编号字段",
    "Field with its name": "名称字段",
    "Field with its population": "人口字段",
    "Field with its GDP": "地区生产总值字段",
    "Table with population and GDP, if the layer has none": "人口和地区生产总值表（若图层中没有）",
    "Field of the table that names the township": "表中的乡镇编号字段",
    "This field holds": "该字段的内容",
    "the identifier of the township": "乡镇编号",
    "its name": "乡镇名称",
    "Field of the table with population": "表中的人口字段",
    "Field of the table with GDP": "表中的地区生产总值字段",
    "Unit of population": "人口单位",
    "persons": "人",
    "10^4 persons": "万人",
    "Unit of GDP": "地区生产总值单位",
    "10^4 CNY": "万元",
    "10^8 CNY": "亿元",
    "Total": "总量",
    "Industry": "工业",
    "Buildings": "建筑",
    "Transport": "交通",
    "Agriculture": "农业",
    "Waste": "废弃物",
    "Carbon sink (positive)": "碳汇（正值）",
    "Unit of the totals": "总量单位",
    "Instead of totals: a yearbook with activity data (workbook or CSV)": "或以含活动数据的年鉴代替总量（工作簿或 CSV）",
    "Tables": "表格",
    "Leave out rows of the yearbook that are no activity, and tell them": "略去年鉴中不属于活动数据的行，并列出",
    "Sectors that the yearbook lacks on purpose": "年鉴中有意不含的部门",
    "Totals computed from {0}:": "由 {0} 计算的总量：",
    "Zones by": "分区依据",
    "GDP and carbon sinks": "地区生产总值和碳汇",
    "GDP alone (a city without sinks)": "仅地区生产总值（无碳汇的城市）",
    "Carbon sinks alone (a city without GDP)": "仅碳汇（无地区生产总值的城市）",
    "Other unit of GDP: a power of ten and a currency, such as 1e6 EUR": "其他地区生产总值单位：10 的幂和货币，例如 1e6 EUR",
    "Name of the city in English, if the maps are in English too": "城市英文名称（图件含英文时使用）",
    "The pipeline file that was there is kept as {0}": "原有的配置文件已保留为 {0}",
    "Choose the layer of land-use parcels, or a land-cover raster instead.": "请选择用地图斑图层，或改用土地覆盖栅格。",
    "Give land-use parcels or a land-cover raster, not both.": "用地图斑与土地覆盖栅格只能给出一种。",
    "Say what the values of the land-cover raster mean: choose ESA WorldCover, CLCD, CORINE or EULUC-China under “Scheme of "
    "the codes”, or give your own table of codes under Advanced Parameters.": "请说明土地覆盖栅格数值的含义：在“编码体系”中选择 ESA WorldCover、CLCD、"
    "CORINE 或 EULUC-China，或在“高级参数”中给出自定义编码表。",
    "Give sector totals or a yearbook, not both.": "部门总量与年鉴只能给出一种。",
    "Written by the carbonzone plugin of QGIS. Every key and default: `carbonzone schema`.": "由 QGIS 的 carbonzone 插件写出。"
    "全部键和默认值见 `carbonzone schema`。",
    "Which land carries a sector and by which proxy is a start; change the [[allocate]] rules as you know your city.":
    "各部门落在哪类用地、按何种代理变量分配仅为起点；请按对本市的了解修改 [[allocate]] 规则。",
    "Road transport": "道路交通",
    "Uptake by land": "土地吸收",
    "fields and gardens": "耕地和园地",
    "woodland": "林地",
    "grassland": "草地",
    "trade and services": "商业服务业",
    "manufacturing": "制造业",
    "mining": "采矿业",
    "homes in towns": "城镇居民",
    "homes in villages": "农村居民",
    "public services": "公共管理与服务",
    "parks": "公园绿地",
    "supply and disposal": "市政公用",
    "roads": "公路",
    "railways": "铁路",
    "waterways": "水路",
    "airports": "机场",
    "water": "水域",
    "livestock": "畜禽养殖",
    "unused land": "未利用地",
    "10^4 t CO2e": "万 t CO2e",
    "t CO2e": "t CO2e（吨）",
    "Mt CO2e": "百万 t CO2e",
    "Year": "年份",
    "Name of the city": "城市名称",
    "Folder of the city": "城市文件夹",
    "Run it now and load the layers": "立即运行并加载图层",
    "Points of interest": "兴趣点",
    "Field with their type": "类型字段",
    "Scheme of the types": "类型体系",
    "Amap codes or category words": "高德编码或类别名称",
    "Their coordinates are": "坐标系为",
    "As the layer says": "与图层一致",
    "GCJ-02 (Amap)": "GCJ-02（高德）",
    "BD-09 (Baidu)": "BD-09（百度）",
    "People (points or polygons)": "人口（点或面）",
    "Fields with the number of people": "人数字段",
    "Roads": "道路",
    "Field with the class of a road (OpenStreetMap)": "道路类别字段（OpenStreetMap）",
    "Field with the identifier of a parcel": "图斑编号字段",
    "Field with the name of the land use": "地类名称字段",
    "Field with the district of a township": "乡镇所属区县字段",
    "Kind of the zones": "单元类型",
    "Townships": "乡镇街道",
    "Counties": "区县",
    "Districts": "市辖区",
    "Communities": "社区（村）",
    "Other zones": "其他单元",
    "Working CRS (default: that of the parcels, or by place)": "工作坐标系（默认：图斑的坐标系，或按所在位置）",
    "Cell size of the grid in metres": "网格边长（米）",
    "Zoning scheme": "分区方案",
    "Suzhou: four zones": "苏州：四类分区",
    "Guiyang: three levels": "贵阳：三级",
    "Language of maps and report": "地图和报告的语言",
    "Chinese and English": "中英文",
    "English": "英文",
    "Chinese": "中文",
    "Any layer is not real: say so everywhere": "有图层为非真实数据：在所有成果中注明",
    "Source line below the maps": "图件下方的数据来源",
    "Give at least one sector total, or a yearbook.": "请至少给出一个部门的总量，或给出年鉴。",
    "Give the carbon sink too: without it no township gets a zone. For a city without sinks choose “Zones by: GDP alone” under "
    "Advanced Parameters.": "请同时给出碳汇：没有碳汇，任何乡镇都无法分区。没有碳汇的城市请在“高级参数”中选择“分区依据：仅地区生产总值”。",
    "Name the field with the GDP of a township, in its layer or in the table: zones need it. Without GDP choose “Zones by: "
    "Carbon sinks alone” under Advanced Parameters.": "请指定乡镇地区生产总值字段（图层或表中）：没有它无法分区。没有地区生产总值时，"
    "请在“高级参数”中选择“分区依据：仅碳汇”。",
    "Name the field: {0}": "请指定字段：{0}",
    "The pipeline file: {0}": "配置文件：{0}",
    "{0} has no CRS: set it in the properties of the layer": "{0} 没有坐标系：请在图层属性中设置",
    "{0}: written to {1}": "{0}：已写入 {1}",
    "{0}: read from {1}": "{0}：读自 {1}",
    "{0} cannot be read or written: {1}": "无法读取或写入 {0}：{1}",
    "{0} is no table: a yearbook is a workbook (xlsx, xls, ods) or a CSV file.":
    "{0} 不是表格：年鉴应为工作簿（xlsx、xls、ods）或 CSV 文件。",
    "{0} is not there.": "{0} 不存在。",
    "{0} cannot be written: {1}": "无法写入 {0}：{1}",
    # check
    "Check": "检查",
    "Reads every layer of a pipeline file and computes as a run does, but writes nothing. All findings come back at once: as a "
    "page, and as a layer with the features that they name (points and lines as marks around them; findings about no feature "
    "have no geometry).": "读取配置文件的所有图层并像运行一样计算，但不写任何文件。所有问题一次列出：一个页面，以及一个含有问题要素的图层"
    "（点和线以周围的标记表示；不针对要素的问题没有几何）。",
    "Pipeline file": "配置文件",
    "Warnings are errors": "警告视为错误",
    "Findings": "问题",
    "Findings as a page": "问题页面",
    "Errors": "错误数",
    "Warnings": "警告数",
    "Notes": "提示数",
    "{0} errors, {1} warnings, {2} notes": "{0} 个错误，{1} 个警告，{2} 个提示",
    "Error": "错误",
    "Warning": "警告",
    "Note": "提示",
    "where": "位置",
    "expected": "应为",
    "hint": "建议",
    "file": "文件",
    "feature": "要素",
    "field": "字段",
    "value": "值",
    "Nothing to tell: the pipeline can be run.": "没有问题：可以运行。",
    # run
    "Run": "运行",
    "Does the whole job of a pipeline file: reads the layers, places the sector totals on parcels, sums them to grid and "
    "townships, zones, and writes layers, maps, QGIS project and report. The styled layers are loaded as a group.":
    "完成配置文件的全部工作："
    "读取图层，将部门总量分配到图斑，汇总到网格和乡镇，分区，写出图层、图件、QGIS 工程和报告，并将带样式的图层作为一组加载。",
    "Folder of the run (default: out, beside the pipeline file)": "成果文件夹（默认：配置文件旁的 out）",
    "Put the results into a folder of another run": "写入另一次运行的文件夹",
    "Load the layer into the project": "将图层加载到工程",
    "Load the layers into the project": "将图层加载到工程",
    "Folder of the run": "成果文件夹",
    "QGIS project": "QGIS 工程",
    "Report": "报告",
    "Number of layers": "图层数",
    "{0} is not the folder of a finished run: it holds no run.json": "{0} 不是已完成的成果文件夹：其中没有 run.json",
    # explain
    "Explain a township": "解释一个乡镇",
    "Says where the tonnes of a township, a parcel or a grid cell come from: sector, budget, proxy, weight, share, the largest "
    "parcels, and how the township stands beside the city.": "说明一个乡镇、图斑或网格的碳量从何而来：部门、总量、代理变量、权重、份额、最大的图斑，"
    "以及该乡镇与全市的比较。",
    "Folder of a run": "成果文件夹（已完成的运行）",
    "Which unit": "哪种单元",
    "Township (or county)": "乡镇（或区县）",
    "Parcel": "图斑",
    "Grid cell (column,row)": "网格（列,行）",
    "Its identifier or name": "编号或名称",
    "Year, if the run has several": "年份（若有多个年份）",
    "Fact sheet": "单元说明",
    "Gross t CO2e": "排放总量 t CO2e",
    "Sink t CO2e": "碳汇 t CO2e",
    "Net t CO2e": "净排放 t CO2e",
    "Zone": "分区",
    "sure": "确定",
    "likely": "较可能",
    "toss-up": "难以判断",
    "another class is likelier": "其他分区更可能",
    "What its numbers call for": "由本单元数据得出的措施",
    "people": "人口",
    "length of roads, corrected by points of interest": "经兴趣点修正的道路长度",
    "area × coefficient": "面积 × 系数",
    "area": "面积",
    "points of interest: industry": "工业兴趣点",
    "points of interest: trade and services": "商业服务兴趣点",
    "points of interest: public services": "公共服务兴趣点",
    "length of roads": "公路长度",
    "length of railways": "铁路长度",
    "length of waterways": "航道长度",
    "SYNTHETIC DATA: not real": "合成数据：非真实",
    "Gross": "排放总量",
    "Sink": "碳汇",
    "Net": "净排放",
    "Emission": "碳排放",
    "Beside the city": "与全市比较",
    "Number": "指标",
    "Here": "本单元",
    "City": "全市",
    "Where the tonnes come from": "碳量从何而来",
    "Sector": "部门",
    "Share": "份额",
    "Proxy: here of all": "代理变量：本单元 / 合计",
    "fallback": "替代",
    "Parcels that weigh most": "份额最大的图斑",
    "Land use": "土地利用",
    "Sources": "来源",
    "The parts add up to the values of the layer.": "各部分之和等于图层中的数值。",
    "Left open: {0} t of gross, {1} t of sinks.": "未解释：排放 {0} t，碳汇 {1} t。",
    "Carbon sink": "碳汇量",
    "Human respiration": "人口呼吸",
    "Energy use": "能源消费",
    "Click a township: its fact sheet": "点击乡镇：查看说明",
    "Load a run first: Processing > carbonzone > Run.": "请先加载一次运行：处理工具箱 > carbonzone > 运行。",
    "No township here": "此处没有乡镇",
    "Click inside a township of the run.": "请在成果范围内的乡镇上点击。",
    # compare
    "Compare two runs": "比较两次运行",
    "Differences of two finished runs per township, as a layer that shows what net emission did, with the zone before and "
    "after; and as a page with the totals and who moved from which zone to which. Name the same folder twice and two years to "
    "compare years.": "逐乡镇比较两次已完成的运行：一个显示净排放变化及前后分区的图层，以及一个含总量和分区转移的页面。两次选择同一文件夹并给出两个年份即可比较年份。",
    "Folder of the first run (before)": "第一次运行的文件夹（之前）",
    "Folder of the second run (after)": "第二次运行的文件夹（之后）",
    "Year of the first run, if it has several": "第一次运行的年份（若有多个年份）",
    "Year of the second run": "第二次运行的年份",
    "Differences": "差异",
    "Comparison as a page": "比较页面",
    "Comparison": "比较",
    "Number of zones that changed class": "分区类型变化的单元数",
    "the two runs have no township in common": "两次运行没有共同的乡镇",
    "Less net emission": "净排放减少",
    "No change": "无变化",
    "More net emission": "净排放增加",
    # confidence
    "Confidence of the zones": "分区可信度",
    "Shows how sure the class of every township is, what the chance of each class is, and which input decides: columns "
    "zone_confidence, p_* and confidence_driver of a run whose pipeline file has [uncertainty].": "显示每个乡镇分区的可信度、各类别的概率以及起决定作用的"
    "输入：取自配置文件含 [uncertainty] 的运行的 zone_confidence、p_* 和 confidence_driver 字段。",
    "Zones": "分区",
    "Sure": "可靠",
    "Likely": "较可靠",
    "Unsure": "不确定",
    "Sure (95 % or more)": "可靠（不低于 95 %）",
    "Likely (75 to 95 %)": "较可靠（75 至 95 %）",
    "Unsure (less than 75 %)": "不确定（低于 75 %）",
    "Decided by": "决定因素",
    "this run does not say how sure its zones are: add a section [uncertainty] to its pipeline file and run again":
    "该运行未计算分区可信度："
    "请在配置文件中加入 [uncertainty] 后重新运行",
    "Instead: people as a raster, persons per pixel": "或：人口栅格（每像元人数）",
    "Give people as points or polygons, or as a raster, not both.": "人口请用点或面，或用栅格，不能同时给出。",
    "{0}: save the raster as a file first, such as a GeoTIFF": "{0}：请先将栅格保存为文件，例如 GeoTIFF",
    "The page for print (A4)": "打印页（A4）",
    # scenario
    "Scenario": "情景",
    "Says what a plan would change: a layer of planned land use, or shares of land that change, and growth per year of what "
    "sectors do and of what they emit per unit. Land that stays keeps its tonnes; new land takes the tonnes per hectare of "
    "its kind in the base run. The pipeline file is not changed; scenarios that stand in it are computed too. Townships "
    "come with both zones and the change of emissions.": "计算规划会带来的变化：规划用地图层或改变用途的用地比例，以及各部门活动量和单位排放的年变化率。"
    "不变的用地保留原排放量；新增用地按基准运行中同类用地的单位面积排放量计。不修改配置文件；文件中已有的情景一并计算。结果给出各乡镇的前后分区和排放变化。",
    "Name of the scenario": "情景名称",
    "Year of the plan": "规划年份",
    "Where the assumptions come from": "假设的来源",
    "Planned land use": "规划用地图层",
    "Field with its land-use code": "规划地类编码字段",
    "Scheme of its codes": "规划编码体系",
    "Instead: land that changes": "或：改变用途的用地",
    "From space type": "原空间类型",
    "To space type": "新空间类型",
    "Percent of the ground": "占地百分比",
    "Sectors": "各部门",
    "Activity, % per year": "活动量，每年 %",
    "Tonnes per activity, % per year": "单位活动排放，每年 %",
    "GDP, % per year": "地区生产总值，每年 %",
    "Population, % per year": "人口，每年 %",
    "Target: percent less gross emissions than in the base year": "目标：总排放比基准年减少的百分比",
    "Townships of the plan": "规划年的乡镇",
    "Change of gross emissions, t CO2e": "总排放变化，t CO2e",
    "{0}: a row is not complete": "{0}：有一行不完整",
    "{0}: \"{1}\" is no number of percent": "{0}：“{1}”不是百分数",
    "Say where the assumptions come from: every table of the scenario names it.": "请说明假设的来源：情景的每张表都会注明。",
    "Give a layer of planned land use or land that changes, not both.": "规划用地图层与改变用途的用地只能给出一种。",
    "{0} is a space type of no scheme of the plugin": "插件的编码体系中没有空间类型 {0}",
    "Less gross emission": "总排放减少",
    "More gross emission": "总排放增加",
    "Chance of another class": "改变类别的概率",
}
