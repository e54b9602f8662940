//! Lists of words that a cell of the form chooses from.

/// Lists of words that a cell chooses from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Words {
    None,
    Layers,
    Kinds,
    Schemes,
    Crs,
    Encodings,
    Sectors,
    Groups,
    Units,
    Land,
    Proxies,
    Bools,
    Borders,
    SinkSets,
    Zoning,
    Languages,
}

impl Words {
    /// Lists that are shown.
    pub const ALL: [Self; 15] = [
        Self::Layers,
        Self::Kinds,
        Self::Schemes,
        Self::Crs,
        Self::Encodings,
        Self::Sectors,
        Self::Groups,
        Self::Units,
        Self::Land,
        Self::Proxies,
        Self::Bools,
        Self::Borders,
        Self::SinkSets,
        Self::Zoning,
        Self::Languages,
    ];

    /// Name of the list, English and Chinese.
    pub fn name(self) -> [&'static str; 2] {
        match self {
            Self::None => ["", ""],
            Self::Layers => ["layers", "图层"],
            Self::Kinds => ["kinds", "类型"],
            Self::Schemes => ["code tables", "编码表"],
            Self::Crs => ["coordinates", "坐标系"],
            Self::Encodings => ["encodings", "文字编码"],
            Self::Sectors => ["sectors", "部门"],
            Self::Groups => ["land groups", "用地组"],
            Self::Units => ["units", "单位"],
            Self::Land => ["land", "用地"],
            Self::Proxies => ["proxies", "代理变量"],
            Self::Bools => ["yes or no", "是否"],
            Self::Borders => ["border", "边界"],
            Self::SinkSets => ["sink coefficients", "碳汇系数"],
            Self::Zoning => ["zoning", "分区方案"],
            Self::Languages => ["languages", "语言"],
        }
    }

    /// True if nothing else may stand in the cell.
    pub fn closed(self) -> bool {
        matches!(self, Self::Layers | Self::Units | Self::Bools | Self::Borders | Self::Languages)
    }
}
